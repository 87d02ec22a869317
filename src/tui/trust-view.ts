// Trust: whom this host believes, what each of them may do, and by which words a person recognises them.
import { formatDate } from '../base/format.ts'
import type { ShownTrust } from '../ops/host-operations.ts'
import type { Area } from './area.ts'
import { blank, field, type Line, paragraph } from './lines.ts'
import type { ScreensState } from './state.ts'
import { problemLines, reading } from './widgets.ts'

export function trustLines(state: ScreensState, area: Area): readonly Line[] {
  const { shown, typed, isTyping, offset } = state.trust
  if (shown.kind === 'failed') return [blank, ...problemLines(shown.problem, area.width)]
  if (shown.kind !== 'ready') return reading('reading whom this host trusts')
  if (!isTyping) {
    const lines = trustedLines(shown.value, area.width)
    return lines.slice(Math.min(offset, Math.max(0, lines.length - area.height)))
  }
  return [
    ...paragraph(
      'Have the publisher read the root’s fingerprint to you, by phone or from paper: its eight words, or the 64 digits. Type what you hear; then it is compared.',
      area.width,
    ),
    blank,
    ...paragraph(`${typed}_`, area.width, 'strong'),
  ]
}

/** All of it; a low window shows a part. */
export function trustedLines(trust: ShownTrust, width: number): readonly Line[] {
  const { version, epoch, words, fingerprint, roles, seen, host, warnings } = trust
  return [
    ...field('root', `${version}, epoch ${epoch}; its fingerprint in words, and in digits`, width),
    ...field('', words, width, 'strong'),
    ...field('', fingerprint, width, 'quiet'),
    ...warnings.flatMap((warning) => field('!', warning, width, 'warning')),
    blank,
    ...roles.flatMap(({ name, threshold, keys, may }) => [
      ...field(name, may, width),
      ...field(
        '',
        `${threshold} of ${keys.length}: ${keys.map((key) => key.slice(0, 16)).join(', ')}`,
        width,
        'quiet',
      ),
    ]),
    blank,
    ...field(
      'seen',
      `${[
        ...seen.serials.map(({ channel, serial }) => `channel ${channel} up to serial ${serial}`),
        `the date ${formatDate(seen.timeFloor)}`,
      ].join(', ')}: nothing older is taken in`,
      width,
    ),
    ...field('host', `${host.name}, id ${host.id}; its key, by which a station knows it`, width),
    ...field('', host.words, width, 'strong'),
  ]
}
