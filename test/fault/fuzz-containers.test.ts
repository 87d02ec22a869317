// What every container passes through first, given many damaged inputs: 10,000 each in the ordinary suite, 10,000,000 in
// check:slow.
import { test, vi } from 'vitest'
import { faultTimeoutMs } from '../support/fault-effort.ts'
import { expectSurvives, manyInputs } from '../support/fuzz.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

test.each(['cbor', 'head', 'tables'])('the reader of %s survives damaged inputs', async (name) => {
  await expectSurvives(name, manyInputs)
})
