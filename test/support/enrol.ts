// Makes a station answer the host of a state, as somebody does who has compared the words of its key.
import type { Outside } from '../../src/host/outside.ts'
import { executeEnrol, planEnrol } from '../../src/ops/enrol.ts'

export async function enrol(outside: Outside, home: string, file: string): Promise<void> {
  await executeEnrol(outside, await planEnrol(outside, { home, file, expect: undefined }))
}
