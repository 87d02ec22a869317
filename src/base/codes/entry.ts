// One error: its exit code, what it says and what to do next.
import { display } from '../display.ts'

export interface Entry<Details> {
  readonly exit: number
  readonly message: (details: Details) => string
  readonly hint: (details: Details) => string | undefined
}

export const entry = <Details>(
  exit: number,
  message: (details: Details) => string,
  hint: (details: Details) => string | undefined = () => undefined,
): Entry<Details> => ({ exit, message, hint })

export const list = (items: readonly string[]): string => items.map(display).join(', ')
