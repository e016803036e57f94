import { closeSync, openSync } from 'node:fs'
import { textOrEmpty } from './text-file.ts'

/** What this process may have at once: descriptors, memory, processes. */

/**
 * Whether an operation failed because a resource has run out for now. Trying again later may
 * succeed.
 */
export function isExhaustion(error: unknown): error is NodeJS.ErrnoException {
  return ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'].includes((error as NodeJS.ErrnoException | undefined)?.code ?? '')
}

/**
 * The limit in force. Node raises it to the hard limit when it starts. `Infinity` where there is no
 * /proc.
 */
export function descriptorLimit(): number {
  return descriptors
}

/** Descriptors kept free for connections and the store. Fewer where the limit is small. */
function keptDescriptors(limit: number): number {
  return Math.min(256, Math.floor(limit / 4))
}

/** Why no work that takes descriptors should start now; undefined while there are enough. */
export function whyNoDescriptors(limit = descriptorLimit()): string | undefined {
  const used = descriptorsInUse()
  const most = limit - keptDescriptors(limit)
  if (used !== undefined && used < most) return undefined
  return `the server has ${used ?? 'all'} of its ${limit} file descriptors in use (ulimit -n)`
}

/** How many pieces of work may run at once, if each takes so many descriptors. */
export function carriedByDescriptors(each: number, limit = descriptorLimit()): number {
  return Math.floor((limit - keptDescriptors(limit)) / each)
}

/** Processes that this user, and this machine, may have at once. */
export function processLimit(): number {
  const ofUser = process.getuid?.() === 0 ? Number.POSITIVE_INFINITY : limitOf('Max processes')
  const files = ['/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max', ...cgroupFiles()]
  return Math.min(ofUser, ...files.map((file) => numberIn(textOrEmpty(file))))
}

/**
 * The kernel gives out the lowest free number, so about that many are in use. Undefined if none is
 * left.
 */
function descriptorsInUse(): number | undefined {
  try {
    const fd = openSync('/dev/null', 'r')
    closeSync(fd)
    return fd
  } catch (error) {
    if (isExhaustion(error)) return undefined
    throw error
  }
}

/** The soft limit. */
function limitOf(name: string): number {
  const line = textOrEmpty('/proc/self/limits')
    .split('\n')
    .find((one) => one.startsWith(name))
  return numberIn(line?.slice(name.length).trim().split(/\s+/)[0] ?? '')
}

function cgroupFiles(): string[] {
  return textOrEmpty('/proc/self/cgroup')
    .split('\n')
    .map((line) => line.split(':'))
    .flatMap(([id, controllers, path = '']) => {
      if (id === '0') return [`/sys/fs/cgroup${path}/pids.max`]
      return controllers?.split(',').includes('pids') ? [`/sys/fs/cgroup/pids${path}/pids.max`] : []
    })
}

/** The texts `max` and `unlimited`, and an empty text, mean that there is no limit. */
function numberIn(text: string): number {
  const number = Number.parseInt(text, 10)
  return Number.isNaN(number) ? Number.POSITIVE_INFINITY : number
}

/** Read at the start, while there is a descriptor to read it with. */
const descriptors = limitOf('Max open files')
