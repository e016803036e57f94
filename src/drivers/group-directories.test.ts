import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGroupDirectories } from './group-directories.ts'
import { removeTree } from './tree-removal.ts'

let home: string
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'openbatch-groups-')), 'not/yet')
})
afterEach(() => rmSync(join(home, '../..'), { recursive: true, force: true }))

it('shares volumes until the last part leaves, and keeps their names inside', async () => {
  const groups = createGroupDirectories(home, (directory) => removeTree(directory, dirname(home)))
  await groups.join('task', 'a', ['../v'])
  await groups.join('task', 'b', [])
  const volume = groups.volumePath('task', '../v')
  expect(volume.startsWith(join(home, 'task/volumes/'))).toBe(true)
  writeFileSync(join(volume, 'file'), 'text')
  await groups.leave('task', 'a')
  await groups.leave('task', 'a')
  expect(existsSync(join(volume, 'file'))).toBe(true)
  await groups.leave('task', 'b')
  expect(readdirSync(home)).toEqual([])
  await groups.leave('task', 'b')
})

it('a leave that was cut off is the last one again when repeated', async () => {
  const calls: string[] = []
  const steps = {
    last: async () => void calls.push('last'),
    notLast: async () => void calls.push('not last'),
  }
  const first = createGroupDirectories(home, (directory) => removeTree(directory, dirname(home)))
  for (const part of ['a', 'b']) await first.join('task', part, ['v'])
  await first.leave('task', 'a', steps)
  const cut = first.leave('task', 'b', { last: () => Promise.reject(new Error('killed')) })
  await expect(cut).rejects.toThrow('killed')
  const second = createGroupDirectories(home, (directory) => removeTree(directory, dirname(home)))
  expect(await second.has('task')).toBe(true)
  // Removing the first part may be repeated too. It does not end a group that another part still
  // uses.
  await second.leave('task', 'a', steps)
  await second.leave('task', 'b', steps)
  expect(calls).toEqual(['not last', 'not last', 'last'])
  expect(await second.has('task')).toBe(false)
})

it('an attempt that joins while the last one leaves waits for it, and finds none of the old files', async () => {
  const groups = createGroupDirectories(home, (directory) => removeTree(directory, dirname(home)))
  await groups.join('task', 'a', ['v'])
  writeFileSync(join(groups.volumePath('task', 'v'), 'old'), '')
  const ending = Promise.withResolvers<void>()
  const leaving = groups.leave('task', 'a', { last: () => ending.promise })
  const joining = groups.join('task', 'b', ['v'])
  // Work for another group does not wait.
  await groups.join('other', 'c', [])
  ending.resolve()
  await Promise.all([leaving, joining])
  expect(readdirSync(groups.volumePath('task', 'v'))).toEqual([])
  expect(readdirSync(join(home, 'task/parts'))).toEqual(['b'])
})
