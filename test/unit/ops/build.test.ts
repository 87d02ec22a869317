// build, as far as no command has to run: a plan is bound to the recipe it was made of, and what is in the way is told before
// anything is done.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { linuxOutside } from '../../../src/host/linux-outside.ts'
import { executeBuild, planBuild } from '../../../src/ops/build.ts'
import { generateKey } from '../../../src/ops/keys.ts'
import { scratchFolder } from '../../support/scratch.ts'

const outside = linuxOutside()
const folder = scratchFolder()
const [home, recipe, output] = [
  join(folder, 'station'),
  join(folder, 'moss-recipe.toml'),
  join(folder, 'out'),
]
const silent = (): void => {}
const ask = () => Promise.resolve(undefined)

const write = (text: string): void => {
  const sha256 = createHash('sha256').update('alpha').digest('hex')
  writeFileSync(
    recipe,
    `name = "a"\nversion = "1"\ndate = 0\nsummary = "A test"\nlicence = "CC0-1.0"\n${text}
[[source]]\nfile = "a.txt"\nsha256 = "${sha256}"\n[[file]]\nfrom = "a.txt"\nto = "usr/share/a"\n`,
  )
}

beforeAll(async () => {
  mkdirSync(home)
  await generateKey(outside, { home, name: 'k', passphrase: undefined })
  writeFileSync(join(folder, 'a.txt'), 'alpha')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('a recipe that was changed after the plan is not built', async () => {
  write('')
  const plan = await planBuild(outside, { home, recipe, output })
  write('description = "more"')
  await expect(executeBuild(outside, { plan, ask }, silent)).rejects.toMatchObject({ code: 'PLAN_STALE' })
  expect(existsSync(output)).toBe(false)
})

test('nor is one whose source was changed after the plan', async () => {
  write('')
  const plan = await planBuild(outside, { home, recipe, output })
  writeFileSync(join(folder, 'a.txt'), 'beta')
  await expect(executeBuild(outside, { plan, ask }, silent)).rejects.toMatchObject({
    code: 'RECIPE_SOURCE_REFUSED',
  })
  writeFileSync(join(folder, 'a.txt'), 'alpha')
  expect(existsSync(output)).toBe(false)
})

test('two builds of one recipe wait for each other; what the first left is no harm', async () => {
  write('')
  const plan = await planBuild(outside, { home, recipe, output })
  mkdirSync(join(home, 'builds/a/build/install/usr'), { recursive: true })
  writeFileSync(join(home, 'builds/a/build/install/usr/left'), 'left')
  {
    using _held = outside.disk.lock(join(home, 'builds/a/lock'))
    await expect(executeBuild(outside, { plan, ask }, silent)).rejects.toMatchObject({ code: 'STATE_LOCKED' })
  }
  const { made } = await executeBuild(outside, { plan, ask }, silent)
  expect(made).toMatchObject([{ name: 'a', version: '1-1', files: 1, isNew: true }])
  expect(readdirSync(join(home, 'builds/a'))).toEqual(['lock'])
  expect(readdirSync(output)).toHaveLength(1)
})
