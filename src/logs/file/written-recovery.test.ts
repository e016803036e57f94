/** What requests wrote survives the loss of the catalogue, and a crash at any byte of a call. */
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { isRefusal } from '../../model/refusal.ts'
import { openFileLogStore } from './file-log-store.ts'

const group = '/lab/doe'
const now = () => 1_700_000_000_000

function directoryFor(onTestFinished: (clean: () => void) => void): string {
  const directory = mkdtempSync(join(tmpdir(), 'openbatch-logs-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function fileOf(directory: string): string {
  const streams = join(directory, 'streams')
  const [name] = readdirSync(streams, { recursive: true }).filter((path) => String(path).endsWith('.log'))
  return join(streams, String(name))
}

async function messagesIn(directory: string): Promise<string[] | string> {
  const store = await openFileLogStore({ directory, now })
  try {
    const page = await store.getEvents({ group, stream: 's', startFromHead: true })
    return isRefusal(page) ? page.message : page.events.map(({ message }) => message)
  } finally {
    await store.close()
  }
}

test('an empty stream and its owner are found again without the catalogue', async ({ onTestFinished }) => {
  const directory = directoryFor(onTestFinished)
  const store = await openFileLogStore({ directory, now })
  store.written.createGroup({ group, owner: 'doe' })
  await store.written.createStream({ group, stream: 's', owner: 'doe' })
  await store.close()
  for (const name of readdirSync(directory).filter((file) => file.startsWith('catalog.db')))
    rmSync(join(directory, name))
  const again = await openFileLogStore({ directory, now })
  expect(again.written.ownerOf({ group, stream: 's' })).toBe('doe')
  expect(await again.written.put({ group, stream: 's', events: [{ timestamp: now(), message: 'x' }] })).toEqual({})
  await again.close()
  expect(await messagesIn(directory)).toEqual(['x'])
})

test('a call that a crash cut short leaves what was acknowledged before it', async ({ onTestFinished }) => {
  const directory = directoryFor(onTestFinished)
  const store = await openFileLogStore({ directory, now })
  store.written.createGroup({ group, owner: 'doe' })
  await store.written.createStream({ group, stream: 's', owner: 'doe' })
  // The state on disk once the first call was acknowledged.
  await store.written.put({ group, stream: 's', events: [{ timestamp: now(), message: 'first' }] })
  const crashed = `${directory}-crashed`
  onTestFinished(() => rmSync(crashed, { recursive: true, force: true }))
  cpSync(directory, crashed, { recursive: true })
  await store.written.put({ group, stream: 's', events: [{ timestamp: now(), message: 'second' }] })
  await store.close()
  // The second call reached the file in part, and the catalogue not at all.
  cpSync(fileOf(directory), fileOf(crashed))
  truncateSync(fileOf(crashed), statSync(fileOf(directory)).size - 3)
  expect(await messagesIn(crashed)).toEqual(['first'])
})

test('a deletion of a group that a crash cut short leaves no group that cannot be deleted', async ({
  onTestFinished,
}) => {
  const directory = directoryFor(onTestFinished)
  const store = await openFileLogStore({ directory, now })
  store.written.createGroup({ group, owner: 'doe' })
  await store.written.deleteGroup({ group })
  await store.close()
  // A power loss undid the last change of the catalogue, which knows the group still, and no stream of it.
  const database = new Database(join(directory, 'catalog.db'))
  database.prepare('INSERT INTO groups (name, created_ms, bytes) VALUES (?, 0, 0)').run(group)
  database.exec("UPDATE meta SET closed_cleanly = 0, boot_id = 'before'")
  database.close()
  const again = await openFileLogStore({ directory, now })
  expect(await again.describeGroups({})).toEqual({ groups: [] })
  expect(again.written.createGroup({ group, owner: 'doe' })).toBeUndefined()
  expect(await again.written.deleteGroup({ group })).toBeUndefined()
  await again.close()
})
