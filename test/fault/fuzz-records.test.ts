// Manifests, volumes, keys, signatures, roots, the audit, packages of others and recipes, given many damaged inputs: 10,000 each in the ordinary
// suite; in check:slow 10,000,000 manifests and 1,000,000 of each of the others.
import { test, vi } from 'vitest'
import { faultTimeoutMs } from '../support/fault-effort.ts'
import { expectSurvives, manyInputs, someInputs } from '../support/fuzz.ts'

vi.setConfig({ testTimeout: faultTimeoutMs })

test.each<[string, number]>([
  ['manifest', manyInputs],
  ['volumes', someInputs],
  ['root', someInputs],
  ['minisign', someInputs],
  ['sshsig', someInputs],
  ['audit', someInputs],
  ['deb', someInputs],
  ['recipe', someInputs],
])('the reader of %s survives %i damaged inputs', async (name, count) => {
  await expectSurvives(name, count)
})
