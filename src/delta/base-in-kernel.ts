// Lends a base to a kernel: a short one is put into its memory, of a long one it asks for pages.
import { assertTrue } from '../base/error.ts'
import type { BaseBytes } from './base-bytes.ts'
import type { Kernel } from './kernel.ts'

/** A longer base is not in memory whole. */
const mostHeldBytes = 16 * 1024 * 1024

export function lendBase(kernel: Kernel, base: BaseBytes, heldBytes = mostHeldBytes): void {
  const { calls } = kernel
  kernel.readBase = (at, into) => {
    assertTrue(at >= 0 && at + into.length <= base.sizeBytes, 'a kernel reads inside its base')
    base.read(at, into)
  }
  if (base.sizeBytes > heldBytes) calls.pageBase(base.sizeBytes)
  else {
    const at = calls.take(base.sizeBytes)
    base.read(0, kernel.view(at, base.sizeBytes))
    calls.holdBase(at, base.sizeBytes)
  }
}
