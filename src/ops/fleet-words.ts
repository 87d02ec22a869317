// How a host of the fleet stands, in few words: for lists on either face.
import { plural } from '../base/format.ts'
import type { Stranger } from './fleet.ts'
import type { FleetRow } from './fleet-hosts.ts'

export function saySerial({ follows, channel, serial, newest }: FleetRow): string {
  const has = channel === follows ? serial : undefined
  const of = newest === undefined ? '' : ` of ${newest}`
  return has === undefined ? `${follows}: none` : `${follows} ${has}${of}`
}

export function sayLag({ behind, behindDays, newest, serial }: FleetRow): string {
  if (newest === undefined) return 'nothing is published here'
  if (behind === 0) return 'up to date'
  const isKnown = serial !== undefined && behindDays !== undefined
  return `${behind} behind${isKnown ? `, ${plural(behindDays, 'day')}` : ''}`
}

/** What somebody should know of it, the gravest first. */
export function sayNews({ outcome, lacking, underWay }: FleetRow): string {
  if (outcome === 'failed') return '! did not keep its last bundle'
  if (outcome === 'refused') return '! refused its last bundle'
  if (lacking > 0) return `! asks again for ${plural(lacking, 'file')}`
  return underWay === undefined ? '' : `serial ${underWay.serial} under way`
}

/** A namesake is for the eye of whoever compares words: another machine took its name, or it was made anew. */
export const sayStranger = ({ name, host, namesake }: Stranger): string =>
  namesake === undefined
    ? `${name} (${host})`
    : `${name} (${host}, another key than that of ${name} here, ${namesake})`
