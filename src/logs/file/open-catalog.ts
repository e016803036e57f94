/**
 * Opens the catalogue. If it may lack streams, rebuilds it from the files, which have everything.
 */
import { readFileSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Catalog } from './catalog.ts'
import type { StreamRow } from './catalog-rows.ts'
import { fdatasync, withFile } from './files.ts'
import { LiveStream } from './live-stream.ts'
import { recoverStream } from './recovery.ts'
import { indexPath, logPath, streamKey } from './stream-path.ts'
import { mendIndex } from './time-index.ts'

const rowsAtOnce = 500

export async function openCatalog(path: string, root: string): Promise<Catalog> {
  const bootId = readBootId()
  const catalog = openOrReplace(path, bootId)
  if (catalog.mayLackStreams) {
    await adoptUnknownFiles(catalog, root)
    // The deletion of a group may have been undone. A group that requests made stands in a file too.
    catalog.removeEmptyGroups()
    catalog.declareWhole(bootId)
  }
  return catalog
}

/** A damaged database is thrown away, because it only repeats what the files say. */
function openOrReplace(path: string, bootId: string): Catalog {
  try {
    return new Catalog(path, bootId)
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    if (!code.startsWith('SQLITE_CORRUPT') && code !== 'SQLITE_NOTADB') throw error
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    return new Catalog(path, bootId)
  }
}

/**
 * Names this run of the machine. Empty where the system has no boot id; an empty id never counts as
 * the same run.
 */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

async function adoptUnknownFiles(catalog: Catalog, root: string): Promise<void> {
  const known = new Set<string>()
  for (const { group, stream } of catalog.everyStream()) known.add(streamKey(group, stream))
  const found: StreamRow[] = []
  for (const shard of await readdir(root)) {
    for (const name of await readdir(join(root, shard))) {
      const key = shard + name.slice(0, -'.log'.length)
      if (!name.endsWith('.log') || known.has(key)) continue
      const row = await readRow(root, key)
      if (row) found.push(row)
      if (found.length >= rowsAtOnce) catalog.record(found.splice(0))
    }
  }
  catalog.record(found)
}

async function readRow(root: string, key: string): Promise<StreamRow | undefined> {
  return (await recoverFile(root, key, undefined))?.row()
}

/**
 * Returns what the stream's file holds, synced, with its tail and index mended. Undefined if there
 * is no file, or no event in it.
 */
export function recoverFile(root: string, key: string, row: StreamRow | undefined): Promise<LiveStream | undefined> {
  return withFile(logPath(root, key), 'r+', async (fd) => {
    const found = await recoverStream(fd, row?.syncedBytes ?? 0)
    if (!found || streamKey(found.header.group, found.header.stream) !== key) return undefined
    await fdatasync(fd)
    const index = await mendIndex(indexPath(root, key), fd, found.start, found.end)
    const live = new LiveStream(key, found.header)
    live.resume(found, index, row)
    return live
  })
}
