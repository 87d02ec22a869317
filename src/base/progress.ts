// How inner rooms tell how far they are. They call a `Report`; `ops/` turns that into events.

/** What long work is doing. `doneBytes` and `doneItems` rise to their totals within one phase. */
export interface Progress {
  readonly phase: string
  readonly item?: string
  readonly doneBytes?: number
  readonly totalBytes?: number
  readonly doneItems?: number
  readonly totalItems?: number
  readonly warning?: string
}

export type Report = (progress: Progress) => void

export const silent: Report = () => {}
