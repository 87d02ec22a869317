// SQLite as rooms see it. This file alone opens one; each room owns its tables in its tables.ts.

export type SqlValue = null | number | string | Uint8Array

/** Reads. */
export interface DatabaseReader {
  get(sql: string, ...values: readonly SqlValue[]): Readonly<Record<string, SqlValue>> | undefined
  all(sql: string, ...values: readonly SqlValue[]): readonly Readonly<Record<string, SqlValue>>[]
  each(sql: string, ...values: readonly SqlValue[]): Iterable<Readonly<Record<string, SqlValue>>>
}

/** Handed to the work of one transaction, and passed along by it. */
export interface Transaction extends DatabaseReader {
  run(sql: string, ...values: readonly SqlValue[]): { readonly changes: number }
}

export interface Database extends DatabaseReader, Disposable {
  /** Everything `work` does becomes durable together, or nothing does. Statements are prepared once. */
  transaction<T>(work: (transaction: Transaction) => T): T
}
