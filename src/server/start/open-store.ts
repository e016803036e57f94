/**
 * Opens the database of a data directory. A database that has lost data is refused: starting
 * without its jobs would end all their running work.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { CannotStart } from '../../data-directory/cannot-start.ts'
import { beginEpoch, epochSetting } from '../../data-directory/epoch-settings.ts'
import { cannotUse, explained, faultOf } from '../../data-directory/fault.ts'
import type { DataDirectory } from '../../data-directory/hold.ts'
import { databaseName, databasePath, evidenceOfUse } from '../../data-directory/layout.ts'
import { type Mark, readMark, writeMark } from '../../data-directory/mark.ts'
import { makePrivateFile } from '../../ground/private-file.ts'
import { markSetting } from '../../store/sqlite/marks.ts'
import { NewerSchema } from '../../store/sqlite/schema.ts'
import { peekSettings } from '../../store/sqlite/setting-table.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import type { Store } from '../../store/store.ts'

export interface OpenStoreOptions {
  readonly directory: DataDirectory
  /** `--start-empty`: begin anew although the database is lost. */
  readonly startEmpty: boolean
  readonly log: Logger
}

export interface OpenedStore {
  readonly store: Store
  /** Marks this installation's containers. Made once. */
  readonly installationId: string
}

const idSetting = 'installationId'

export function openStore({ directory, startEmpty, log }: OpenStoreOptions): OpenedStore {
  const dataDir = directory.path
  const mark = readMark(dataDir)
  const lost = whatIsLost(dataDir)
  if (lost !== undefined && !startEmpty) throw new CannotStart(`${lost}\n${wayOut(dataDir)}`)
  if (lost === undefined && startEmpty) log.warn('--start-empty is of no effect: the database is there')
  if (lost === undefined) return open(directory, checkedDatabase(dataDir, mark))
  const aside = setAside(dataDir)
  log.warn(`${lost} It starts empty; what was left of the database is in ${aside}.`)
  const next = { ...(mark ?? newMark()), epoch: (mark?.epoch ?? 0) + 1 }
  const opened = open(directory, next)
  beginEpoch(opened.store, next.epoch)
  return opened
}

function open(directory: DataDirectory, known: Mark | undefined): OpenedStore {
  const dataDir = directory.path
  const file = databasePath(dataDir)
  const { installationId, epoch, number } = known ?? newMark()
  try {
    makePrivateFile(file)
    const store = openSqliteStore(file, {
      markAfter: number,
      onMark: (next) => writeMark(dataDir, { installationId, epoch, number: next }),
      beforeReopen: () => directory.holdAgain(),
    })
    if (store.getSetting(idSetting) === undefined) store.putSetting(idSetting, installationId)
    return { store, installationId }
  } catch (error) {
    if (error instanceof NewerSchema) throw new CannotStart(`${error.message} Install that version, or a newer one.`)
    throw explainedDatabase(dataDir, error)
  }
}

function newMark(): Mark {
  return { installationId: randomUUID(), epoch: 0, number: 0 }
}

/** The mark in the database, which may be ahead of the file's. Undefined for a new database. */
function checkedDatabase(dataDir: string, mark: Mark | undefined): Mark | undefined {
  const file = databasePath(dataDir)
  if (!statSync(file, { throwIfNoEntry: false })?.size) return mark
  const hadLog = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  let inside: Partial<Record<typeof idSetting | typeof markSetting | typeof epochSetting, string>>
  try {
    inside = peekSettings(file, [idSetting, markSetting, epochSetting])
  } catch (error) {
    throw explainedDatabase(dataDir, error)
  }
  const { installationId = mark?.installationId } = inside
  const number = Number(inside.mark ?? 0)
  if (mark && installationId !== mark.installationId)
    throw new CannotStart(
      `${file} is of the installation ${installationId}, and ${dataDir} of ${mark.installationId}. Put the right file there, or restore a backup into a new directory (openbatch restore).`,
    )
  if (mark && number < mark.number)
    throw new CannotStart(
      `${file} lacks what was written last: ${hadLog ? `an older copy was put there, or ${databaseName}-wal does not belong to it` : `${databaseName}-wal is gone, or an older copy was put there`}. Put the right files there. If they are lost, restore the newest backup, or this very file, into a new directory, where what may have run since is held:\n  openbatch restore BACKUP --data-dir NEW [--database '${file}']`,
    )
  return installationId === undefined ? mark : { installationId, number, epoch: Number(inside.epoch ?? 0) }
}

/** Turns a fault of the database into a message for the operator that lists the remedies. */
export function explainedDatabase(dataDir: string, error: unknown): unknown {
  const file = databasePath(dataDir)
  const told = explained(file, error)
  if (!(told instanceof CannotStart) || !isDamaged(error)) return told
  return cannotUse(file, 'damaged', `Move it away: mv '${file}' '${file}.damaged'\n${wayOut(dataDir)}`)
}

function isDamaged(error: unknown): boolean {
  return faultOf(error) === 'damaged' || faultOf((error as Error).cause ?? {}) === 'damaged'
}

function whatIsLost(dataDir: string): string | undefined {
  const file = databasePath(dataDir)
  const size = statSync(file, { throwIfNoEntry: false })?.size
  const evidence = size ? [] : evidenceOfUse(dataDir)
  if (evidence.length === 0) return undefined
  return `${file} is ${size === undefined ? 'missing' : 'empty'}, and yet ${dataDir} was in use: it holds ${evidence.join(', ')}.`
}

function wayOut(dataDir: string): string {
  return `Put back a copy that is whole, or restore a backup:\n  openbatch restore BACKUP --data-dir NEW\nTo begin anew without its jobs, and leave alone what still runs of them:\n  openbatch serve --data-dir '${dataDir}' --start-empty`
}

/** SQLite would remove a log file beside an empty database file. */
function setAside(dataDir: string): string {
  const aside = join(dataDir, `lost-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`)
  mkdirSync(aside, { mode: 0o700 })
  for (const suffix of ['', '-wal', '-shm']) {
    const from = databasePath(dataDir) + suffix
    if (existsSync(from)) renameSync(from, join(aside, databaseName + suffix))
  }
  return aside
}
