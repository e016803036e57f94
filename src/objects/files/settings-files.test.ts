import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SettingsFailpoint, SettingsFiles } from './settings-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'openbatch-settings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function opened(dies?: SettingsFailpoint, directory = ''): Promise<SettingsFiles> {
  const files = new SettingsFiles({
    directory: join(folder, 'settings'),
    servedFrom: () => directory,
    pass: (name) => {
      if (name === dies) throw new Error(`dead at ${name}`)
    },
  })
  await files.open()
  return files
}

test.each([
  ['settings-written', 'old'],
  ['settings-placed', 'new'],
] as const)('the settings of a server that dies at %s are the %s ones, whole', async (failpoint, policy) => {
  await (await opened()).change('lab', { policy: 'old', tags: { a: '1' } })
  await expect((await opened(failpoint)).change('lab', { policy: 'new' })).rejects.toThrow('dead')
  expect((await opened()).get('lab')).toEqual({ policy, tags: { a: '1' } })
  expect(readdirSync(join(folder, 'settings'))).toEqual(['lab.json'])
})

test('a damaged file keeps the server from its start, for a policy may be in it', async () => {
  mkdirSync(join(folder, 'settings'))
  writeFileSync(join(folder, 'settings', 'lab.json'), '{"policy": ')
  await expect(opened()).rejects.toThrow(/settings of a bucket in .*lab\.json cannot be read/)
})

test('another directory under the same name has none of the settings', async () => {
  await (await opened(undefined, '/data/one')).change('lab', { policy: 'one' })
  const other = await opened(undefined, '/data/two')
  expect(other.get('lab')).toEqual({})
  expect((await opened(undefined, '/data/one')).get('lab')).toEqual({ policy: 'one' })
  await other.change('lab', { tags: { a: '1' } })
  expect(other.get('lab')).toEqual({ tags: { a: '1' } })
})

test('files of others in the directory are left alone', async () => {
  mkdirSync(join(folder, 'settings'))
  writeFileSync(join(folder, 'settings', 'README.json'), 'mine')
  await opened()
  expect(readdirSync(join(folder, 'settings'))).toEqual(['README.json'])
})
