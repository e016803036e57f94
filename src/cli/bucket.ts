/**
 * `openbatch bucket …` manages the directories of this machine that are served as buckets. It
 * changes their list in the data directory, and a running server then reads the list again. Buckets
 * that clients make need no command.
 */
import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { bucketsName } from '../data-directory/layout.ts'
import { asTaken } from '../objects/added-buckets.ts'
import { problemOfDirectory } from '../objects/files/place-of-bucket.ts'
import { type ServedBucket, ServedBuckets } from '../objects/served-buckets.ts'
import type { BucketsAnswer } from '../wire/buckets.ts'
import { asAccountOf } from './account-of.ts'
import { addDataDirOption, existingDataDirOf } from './data-dir.ts'
import { callServer } from './server-call.ts'
import { isServerRunning, readServerFile } from './server-file.ts'
import { table } from './table.ts'
import { CommandFailure, type Terminal } from './terminal.ts'

interface Options {
  readonly dataDir?: string
}
interface AddOptions extends Options {
  readonly readOnly?: boolean
}

export function buildBucket(bucket: Command, terminal: Terminal): void {
  const verb = (usage: string, description: string) => addDataDirOption(bucket.command(usage).description(description))

  verb('add <name> <directory>', 'serve a directory as a bucket; a running server does so at once')
    .option('--read-only', 'clients may read, and not write')
    .action((name: string, directory: string, options: AddOptions) =>
      add(terminal, existingDataDirOf(options, terminal.env), {
        ...{ name, directory: absolute(directory), readOnly: options.readOnly ?? false },
      }),
    )

  verb('list', 'list the directories that were added').action((options: Options) => {
    const dataDir = existingDataDirOf(options, terminal.env)
    const { list } = open(dataDir)
    const elsewhere = storeOutside(dataDir)
    if (elsewhere !== undefined) terminal.warn(`openbatch: none of these is served: ${elsewhere}\n`)
    terminal.write(table(['BUCKET', 'DIRECTORY', 'CLIENTS'], list.list().map(rowOf)))
  })

  verb('remove <name>', 'serve a directory no more, from now on; what is in it stays').action(
    async (name: string, options: Options) => {
      const dataDir = existingDataDirOf(options, terminal.env)
      open(dataDir).list.remove(name)
      const told = await tell(terminal, dataDir)
      terminal.write(`removed ${name}; ${told.answer ? 'the server no longer serves it' : told.later}\n`)
    },
  )
}

const open = (dataDir: string) => ({ list: new ServedBuckets(join(dataDir, bucketsName)) })

async function add(terminal: Terminal, dataDir: string, bucket: ServedBucket): Promise<void> {
  const { name, directory } = bucket
  const elsewhere = storeOutside(dataDir)
  if (elsewhere !== undefined) throw new CommandFailure(`no directory can be served: ${elsewhere}`)
  const { list } = open(dataDir)
  const taken = [{ directory: dataDir, what: 'the data directory' }, ...list.list().map(asTaken)]
  const isKnown = list.list().some((other) => other.name === name)
  const problem = isKnown ? undefined : await asAccountOf(dataDir, () => problemOfDirectory(bucket, taken))
  if (problem !== undefined) throw new CommandFailure(`${directory} ${problem}`)
  list.add(bucket)
  const { answer, later } = await tell(terminal, dataDir)
  const why = answer?.refused.find((refused) => refused.name === name)?.why
  if (why !== undefined) {
    list.remove(name)
    throw new CommandFailure(why)
  }
  terminal.write(`added ${name}; ${answer ? 'the server serves it' : later}\n`)
}

/** Has a running server read the list again. `later` says when it will, if it did not answer. */
async function tell(
  terminal: Terminal,
  dataDir: string,
): Promise<{ readonly answer?: BucketsAnswer; readonly later: string }> {
  const later = 'the server learns of it at its next start'
  const server = readServerFile(dataDir)
  if (!server || !isServerRunning(server)) return { later }
  try {
    const answer = (await callServer(terminal, { dataDir }, 'POST', '/api/buckets/reread')) as BucketsAnswer
    return { answer, later }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    return { later: `${later}, for now it did not answer: ${error.message}` }
  }
}

/** Why a running server serves no directories; undefined if it does. */
function storeOutside(dataDir: string): string | undefined {
  const server = readServerFile(dataDir)
  if (!server?.objectStore || !isServerRunning(server)) return undefined
  return `objects of this server are in the store at ${server.objectStore.endpoint} (objects.outside)`
}

/** Without symbolic links, if it is there. */
function absolute(directory: string): string {
  const path = resolve(directory)
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function rowOf({ name, directory, readOnly }: ServedBucket): string[] {
  return [name, directory, readOnly ? 'read' : 'read and write']
}
