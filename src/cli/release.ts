/**
 * `openbatch release [JOB…]` lets jobs run that are held since a restore, or lists them. For
 * administrators.
 */
import type { Command } from 'commander'
import type { HeldAnswer, ReleaseAnswer } from '../wire/held.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { table } from './table.ts'
import { CommandFailure, printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly all?: true
}

export function buildRelease(release: Command, terminal: Terminal): void {
  release.option('--all', 'release all that are held')
  addCallOptions(release).action(async (jobs: string[], options: Options) => {
    if (options.all && jobs.length > 0) throw new CommandFailure('name jobs or say --all, not both')
    if (jobs.length === 0 && !options.all)
      return terminal.write(listing((await callServer(terminal, options, 'GET', '/api/held')) as HeldAnswer))
    for (const job of options.all ? ['*'] : jobs) {
      const path = `/api/held/${encodeURIComponent(job)}/release`
      const { released, stayHeld } = (await callServer(terminal, options, 'POST', path)) as ReleaseAnswer
      terminal.write(`released ${options.all ? released : job}\n`)
      for (const id of stayHeld) terminal.warn(`openbatch: ${id} stays held: a driver still has an attempt of it\n`)
    }
  })
}

function listing({ held, more, leftAlone, unmatched }: HeldAnswer): string {
  const rows = held.map(({ jobId, jobName, jobQueue, status }) => [jobId, printable(jobName), jobQueue, status])
  const jobs = held.length === 0 ? 'nothing is held\n' : table(['JOB', 'NAME', 'QUEUE', 'STATUS'], rows)
  const rest = more > 0 ? `and ${more} more\n` : ''
  const asked = unmatched.map((driver) => `the ${driver} driver has not said yet what it has\n`).join('')
  const left = leftAlone.flatMap(({ driver, names }) => names.map((name) => [driver, name]))
  return `${jobs}${rest}${asked}${left.length > 0 ? `\nleft alone, as no job is known that it could be of:\n${table(['DRIVER', 'ATTEMPT'], left)}` : ''}`
}
