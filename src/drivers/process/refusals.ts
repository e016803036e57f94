import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { AttemptSpec } from '../driver.ts'
import { whyNotPassable } from '../environment.ts'

/**
 * What a plain process cannot be given. A job that asks for it does not start, and the reason says
 * so: running without it would promise something that is not kept.
 */
export function whyNotAsProcess(spec: AttemptSpec): string | undefined {
  const why =
    (argvOf(spec).length === 0 ? 'has no image to take a command from, and the job names none' : undefined) ??
    (spec.gpus > 0 ? 'has no GPUs to give' : undefined) ??
    (spec.linux?.tmpfs?.length ? 'cannot mount a tmpfs' : undefined) ??
    (spec.linux?.devices?.some((device) => device.hostPath !== device.containerPath)
      ? 'cannot give a device another name'
      : undefined) ??
    (spec.privileged && process.getuid?.() !== 0 ? 'is not root and cannot run a privileged job' : undefined) ??
    spec.ulimits.map(whyNotUlimit).find((reason) => reason !== undefined)
  if (why !== undefined) return `CannotStartContainerError: the process driver ${why}`
  const passable = whyNotPassable(argvOf(spec), spec.environment)
  return passable && `CannotStartContainerError: ${passable}`
}

/** There is no image, so these two together are everything to run. */
export function argvOf(spec: AttemptSpec): readonly string[] {
  return [...(spec.entryPoint ?? []), ...spec.command]
}

/** Docker's names, all of which prlimit(1) knows. */
const ulimitNames = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
)

function whyNotUlimit({ name, softLimit, hardLimit }: AttemptSpec['ulimits'][number]): string | undefined {
  if (!ulimitNames.has(name)) return `knows no ulimit ${JSON.stringify(name.slice(0, 64))}`
  const isAbove = hardLimit >= 0 && (softLimit < 0 || softLimit > hardLimit)
  return isAbove ? `cannot set the soft ulimit ${name} (${softLimit}) above the hard one (${hardLimit})` : undefined
}

/**
 * Finds the program as `docker run` does in a container: by PATH, or by its path from the working
 * directory.
 */
export function findProgram(
  program: string,
  path: string,
  workingDirectory: string,
): { path: string } | { reason: string } {
  if (program.includes('/')) {
    const found = isAbsolute(program) ? program : join(workingDirectory, program)
    const trouble = troubleWith(found)
    return trouble === undefined ? { path: found } : { reason: startError(program, trouble) }
  }
  let closest = 'executable file not found in $PATH'
  for (const directory of path.split(':')) {
    const found = join(directory === '' ? workingDirectory : directory, program)
    const trouble = troubleWith(found)
    if (trouble === undefined) return { path: found }
    if (trouble === 'permission denied') closest = trouble
  }
  return { reason: startError(program, closest) }
}

function troubleWith(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return 'no such file or directory'
  if (stat.isDirectory()) return 'is a directory'
  try {
    accessSync(file, constants.X_OK)
    return undefined
  } catch {
    return 'permission denied'
  }
}

function startError(program: string, trouble: string): string {
  return `CannotStartContainerError: exec: ${JSON.stringify(program)}: ${trouble}`
}
