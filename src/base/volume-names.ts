// How the volumes of one container are called: NAME.moss, NAME.002.moss and so on; sealed ones end in .age besides. Labels for
// people and for finding what lies beside a file; what a volume is, its prelude says.

const ending = /\.moss(?:\.age)?$/
const numbered = /^(?<name>.+)\.(?<number>\d{3,5})(?<ending>\.moss(?:\.age)?)?$/

/** Volume `number` of the container that as a whole is called `whole`. */
export function volumeName(whole: string, number: number): string {
  if (number === 1) return whole
  const [end = ''] = ending.exec(whole) ?? []
  return `${whole.slice(0, whole.length - end.length)}.${String(number).padStart(3, '0')}${end}`
}

/** What the whole is called, by the name of its volume `number`. A name that does not say this number is taken as it is. */
export function wholeName(file: string, number: number): string {
  const parts = numbered.exec(file)?.groups
  return number > 1 && Number(parts?.['number']) === number
    ? `${parts?.['name']}${parts?.['ending'] ?? ''}`
    : file
}
