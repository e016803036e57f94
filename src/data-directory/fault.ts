/**
 * Turns errors of files, from the system or from SQLite, into words that an operator can act on.
 */
import { CannotStart, exitCodes } from './cannot-start.ts'

interface Fault {
  /** After the file's name: `is on a full disk`. */
  readonly text: string
  readonly advice: string
  readonly exitCode: number
}

const { disk, misconfigured } = exitCodes

const faults = {
  full: { text: 'cannot be written: the disk is full', advice: 'Make room on its file system.', exitCode: disk },
  readOnly: {
    text: 'cannot be written: its file system is read-only',
    advice: 'Mount it for writing; `dmesg` may say why it is not.',
    exitCode: disk,
  },
  broken: {
    text: 'cannot be read or written: the disk reports an I/O error',
    advice: '`dmesg` says more. Mend the file system, or restore a backup on another (openbatch restore).',
    exitCode: disk,
  },
  denied: {
    text: 'cannot be opened: the server’s user has no permission',
    advice: 'Start the server as the user that owns the directory.',
    exitCode: misconfigured,
  },
  noDirectory: {
    text: 'cannot be a directory: a part of the path is something else',
    advice: 'Name another directory with --data-dir.',
    exitCode: misconfigured,
  },
  locked: {
    text: 'is locked by another program',
    advice: 'End that program (`fuser` names it).',
    exitCode: misconfigured,
  },
  damaged: {
    text: 'is damaged',
    advice: 'Restore a backup (openbatch restore).',
    exitCode: misconfigured,
  },
} as const satisfies Record<string, Fault>

const byCode: Readonly<Record<string, keyof typeof faults>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  SQLITE_FULL: 'full',
  EROFS: 'readOnly',
  SQLITE_READONLY: 'readOnly',
  EIO: 'broken',
  EUCLEAN: 'broken',
  ESHUTDOWN: 'broken',
  SQLITE_IOERR: 'broken',
  EACCES: 'denied',
  EPERM: 'denied',
  SQLITE_PERM: 'denied',
  SQLITE_AUTH: 'denied',
  SQLITE_CANTOPEN: 'denied',
  ENOTDIR: 'noDirectory',
  EEXIST: 'noDirectory',
  SQLITE_BUSY: 'locked',
  SQLITE_CORRUPT: 'damaged',
  SQLITE_NOTADB: 'damaged',
}

export type FaultKind = keyof typeof faults

/**
 * Undefined for an error that is no fault of a file. An extended code of SQLite
 * (`SQLITE_IOERR_WRITE`) counts as its base.
 */
export function faultOf(error: unknown): FaultKind | undefined {
  const { code } = error as { code?: unknown }
  if (typeof code !== 'string') return undefined
  return Object.hasOwn(byCode, code) ? byCode[code] : byCode[code.split('_').slice(0, 2).join('_')]
}

/** The error that tells of the file at `path`. `advice` replaces the usual advice. */
export function cannotUse(path: string, fault: FaultKind, advice: string = faults[fault].advice): CannotStart {
  const { text, exitCode } = faults[fault]
  return new CannotStart(`${path} ${text}. ${advice}`, exitCode)
}

/** Runs `work`. A fault of the file at `path` is explained; any other error is thrown as it is. */
export function orCannotStart<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explained(path, error)
  }
}

/**
 * Explains a fault of a file. An error of the system names its file itself; one of SQLite is taken
 * to mean `path`.
 */
export function explained(path: string, error: unknown): unknown {
  if (error instanceof CannotStart) return error
  const cause = rootOf(error)
  const fault = faultOf(cause)
  const { path: named } = cause as { path?: unknown }
  return fault ? cannotUse(typeof named === 'string' ? named : path, fault) : error
}

/** The error that lies at the bottom of an error of ours. */
function rootOf(error: unknown): unknown {
  let at = error
  while (at instanceof Error && at.cause instanceof Error) at = at.cause
  return at
}
