/** `openbatch story JOB` tells what happened to a job, line by line. */
import type { Command } from 'commander'
import type { StoryAnswer } from '../wire/story.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly json?: true
}

export function buildStory(verb: Command, terminal: Terminal): void {
  verb.option('--json', 'print the server’s whole answer')
  addCallOptions(verb).action(async (jobId: string, options: Options) => {
    const path = `/api/jobs/${encodeURIComponent(jobId)}/story`
    const answer = (await callServer(terminal, options, 'GET', path)) as StoryAnswer
    terminal.write(options.json ? `${JSON.stringify(answer, undefined, 2)}\n` : told(answer))
  })
}

function told({ jobId, status, lines, leftOut }: StoryAnswer): string {
  const shown = lines.map(
    ({ atMs, text }) => `${atMs === undefined ? ' '.repeat(24) : new Date(atMs).toISOString()}  ${text}`,
  )
  if (leftOut > 0) shown.splice(Math.floor(lines.length / 2), 0, `${' '.repeat(24)}  … ${leftOut} lines are left out …`)
  return [`${jobId} is ${status}`, ...shown].map((line) => `${printable(line)}\n`).join('')
}
