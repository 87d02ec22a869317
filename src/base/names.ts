// Names of channels and hosts. They stand in formats, in models and in file names alike, so each has one rule.
import { display } from './display.ts'
import { MossError } from './error.ts'
import type { HostId } from './ids.ts'
import { text, type Shape } from './shape.ts'

/** Small letters and digits with `._+-` between, at most 64. */
export const isChannelName = (name: string): boolean => /^[a-z0-9][a-z0-9._+-]{0,63}$/.test(name)

/** 1 to 64 characters that all show, on one line. */
export const isHostName = (name: string): boolean =>
  name !== '' && name.length <= 64 && name === display(name)

/** The first 16 digits of the id of a host's key. */
export const isHostId = (id: string): id is HostId => /^[0-9a-f]{16}$/.test(id)

/** A name that a person gave. Throws CLI_USAGE; `see` is the verb whose help tells more. */
export function checkChannelName(name: string, see: string): void {
  if (isChannelName(name)) return
  const problem = `${name} is not a channel’s name: small letters, digits and . _ + -`
  throw new MossError('CLI_USAGE', { problem, see })
}

export const channelName: Shape<string> = (value, place) => {
  const name = text(64, 1)(value, place)
  if (isChannelName(name)) return name
  throw new MossError('SHAPE_INVALID', { part: place, problem: 'not a name of a channel' })
}

export const hostName: Shape<string> = (value, place) => {
  const name = text(64, 1)(value, place)
  if (isHostName(name)) return name
  throw new MossError('SHAPE_INVALID', { part: place, problem: 'not a name of a host' })
}

export const hostId: Shape<HostId> = (value, place) => {
  const id = text(16, 16)(value, place)
  if (isHostId(id)) return id
  throw new MossError('SHAPE_INVALID', { part: place, problem: 'not an id of a host' })
}
