// A simulated host that was updated once: two versions of one package, state 2 current and state 1 kept.
import type { LayoutFile } from '../../src/manifest/manifest.ts'
import { silent } from '../../src/base/progress.ts'
import { verifyHost } from '../../src/ops/verify-host.ts'
import type { SimulatedOutside } from '../sim/simulated-outside.ts'
import { composeBundle, draftPackage } from './compose-bundle.ts'
import { noise } from './containers.ts'
import { samplePackage } from './sample-root.ts'
import { applyVerb, freshHost, importVerb, placeFile, root, stick } from './simulated-host.ts'

export const tideSample = (n: number) =>
  samplePackage('tide', `${n}`, {
    'usr/bin/tide': { text: `tide ${n}`, mode: 0o755 },
    'usr/bin/ebb': { target: 'tide' },
    'usr/lib/big': { text: noise(40_000, n) },
    'usr/share/tide/same': 'stays',
    'usr/share/tide/copy': { text: noise(40_000, n), mode: 0o600 },
  })
export const tide = (n: number) => draftPackage(tideSample(n))

export function tideFile(n: number, path: string): LayoutFile {
  const found = tideSample(n).manifest.layout.find((entry) => entry.path === path)
  if (found?.kind !== 'file') throw new Error(`${path} is no file`)
  return found
}

/** Two versions applied: state 2 is current, state 1 is kept. */
export async function updatedHost(): Promise<SimulatedOutside> {
  const { outside, id } = await freshHost(['tide'])
  for (const n of [1, 2]) {
    const { bytes } = await composeBundle({ serial: n, hosts: [id], packages: [tide(n)] })
    placeFile(outside, `${stick}/${n}.moss`, bytes)
    await importVerb(`${stick}/${n}.moss`)(outside)
    await applyVerb(outside)
  }
  return outside
}

/** What verify finds, kept states included. */
export const verifyWhole = async (
  outside: SimulatedOutside,
  how: { readonly isQuick?: boolean; readonly isAll?: boolean } = {},
): Promise<readonly string[]> =>
  (await verifyHost(outside, { root, isQuick: false, isAll: true, ...how }, silent)).findings
