/** `openbatch image` lists, pulls and removes the images of jobs. For administrators. */
import type { Command } from 'commander'
import type {
  ImageAnswer,
  ImagesAnswer,
  PruneImagesAnswer,
  PullImageAnswer,
  RemovedImageAnswer,
} from '../wire/images.ts'
import { addCallOptions, type CallOptions, callServer } from './server-call.ts'
import { table } from './table.ts'
import { CommandFailure, printable, type Terminal } from './terminal.ts'

interface Options extends CallOptions {
  readonly driver?: string
  readonly json?: true
}

interface PruneOptions extends Options {
  readonly olderThan?: string
  readonly untracked?: true
  readonly dryRun?: true
}

export function buildImage(verb: Command, terminal: Terminal): void {
  const command = (usage: string, description: string) =>
    verb
      .command(usage)
      .description(description)
      .option('--driver <name>', 'of this driver')
      .option('--json', 'print the server’s whole answer')

  addCallOptions(command('ls', 'list images: what they take on disk, who pulled them, when they were used')).action(
    (options: Options) => list(terminal, options),
  )
  addCallOptions(command('pull <image>', 'pull an image before a job needs it (of the default driver)')).action(
    (image: string, options: Options) => pull(terminal, image, options),
  )
  const pruning = command('prune', 'remove images that openbatch pulled and no container uses')
    .option(
      '--older-than <minutes>',
      'only those pulled and used longer ago (default: images.cleanup.minimumAgeMinutes)',
    )
    .option('--untracked', 'also those that openbatch did not pull')
    .option('--dry-run', 'only say which')
  addCallOptions(pruning).action((options: PruneOptions) => prune(terminal, options))
}

async function list(terminal: Terminal, options: Options): Promise<void> {
  const answer = (await callServer(terminal, options, 'GET', '/api/images')) as ImagesAnswer
  const drivers = answer.drivers.filter(({ driver }) => options.driver === undefined || driver === options.driver)
  if (options.json) {
    terminal.write(`${JSON.stringify({ drivers }, undefined, 2)}\n`)
    return
  }
  if (drivers.length === 0) throw new CommandFailure(`there is no driver ${printable(options.driver ?? '')}`)
  const now = terminal.now()
  for (const { driver, state, why = '', images, more, diskBytes, pulls } of drivers) {
    if (state !== 'LISTED') {
      terminal.write(`${driver}: ${state === 'UNREACHABLE' ? 'unreachable: ' : ''}${printable(why)}\n`)
      continue
    }
    const inAll =
      diskBytes === undefined ? '' : `, ${sizeOf(diskBytes)} on disk in all (a layer that images share counts once)`
    terminal.write(`${driver}: ${countOf(images.length + more)}${inAll}\n`)
    for (const pulling of pulls) terminal.write(`  ${printable(pulling)}\n`)
    if (images.length > 0)
      terminal.write(
        table(
          headings,
          images.map((image) => row(image, now)),
        ),
      )
    if (more > 0) terminal.write(`and ${more} more\n`)
  }
}

const headings = ['IMAGE', 'ID', 'SIZE', 'SHARED', 'CONTAINERS', 'PULLED', 'LAST USED']

function row(image: ImageAnswer, now: number): string[] {
  const { imageId, names, bytes, sharedBytes, containers, pulledHere, pulledAtMs, lastUsedAtMs } = image
  return [
    printable(names.join(', ') || '(its name went to another image)'),
    shortId(imageId),
    sizeOf(bytes),
    sharedBytes === undefined ? 'unknown' : sizeOf(sharedBytes),
    String(containers),
    pulledHere ? agoOf(pulledAtMs, now) : 'by others',
    agoOf(lastUsedAtMs, now),
  ]
}

async function pull(terminal: Terminal, image: string, options: Options): Promise<void> {
  const { driver } = options
  const path = `/api/images/pull?${new URLSearchParams({ image, ...(driver && { driver }) })}`
  let said = ''
  for (;;) {
    const answer = (await callServer(terminal, options, 'POST', path)) as PullImageAnswer
    if (answer.state === 'PULLING') {
      const progress = `image ${answer.image} ${answer.progress ?? 'is being pulled'}`
      if (progress !== said && !options.json) terminal.warn(`${printable(progress)}\n`)
      said = progress
      continue
    }
    if (answer.state === 'FAILED') throw new CommandFailure(printable(answer.reason ?? 'the image could not be pulled'))
    if (options.json) terminal.write(`${JSON.stringify(answer, undefined, 2)}\n`)
    else terminal.write(`${answer.driver} has ${printable(answer.image)}\n`)
    return
  }
}

async function prune(terminal: Terminal, options: PruneOptions): Promise<void> {
  const { driver, olderThan, untracked, dryRun = false } = options
  const query = new URLSearchParams({
    ...(driver && { driver }),
    ...(olderThan !== undefined && { minimumAgeMinutes: olderThan }),
    ...(untracked && { untracked: 'true' }),
    ...(dryRun && { dryRun: 'true' }),
  })
  const removed = new Map<string, RemovedImageAnswer[]>()
  const whys = new Map<string, string | undefined>()
  for (let isMore = true; isMore; ) {
    const answer = (await callServer(terminal, options, 'POST', `/api/images/prune?${query}`)) as PruneImagesAnswer
    isMore = false
    for (const { driver: of, removed: some, more, why } of answer.drivers) {
      removed.set(of, [...(removed.get(of) ?? []), ...some])
      whys.set(of, why)
      isMore ||= more && some.length > 0 && !dryRun
    }
  }
  if (options.json) {
    const drivers = [...removed].map(([of, images]) => ({ driver: of, removed: images, why: whys.get(of) }))
    terminal.write(`${JSON.stringify({ drivers }, undefined, 2)}\n`)
    return
  }
  if (removed.size === 0) terminal.write('no driver keeps images\n')
  for (const [of, images] of removed) {
    const bytes = images.reduce((sum, image) => sum + image.bytes, 0)
    const did = dryRun ? 'would remove' : 'removed'
    terminal.write(`${of}: ${did} ${countOf(images.length)}, at least ${sizeOf(bytes)}\n`)
    for (const { names, imageId } of images) terminal.write(`  ${printable(names.join(', ') || shortId(imageId))}\n`)
    const why = whys.get(of)
    if (why !== undefined) terminal.write(`  ${printable(why)}\n`)
  }
}

function countOf(images: number): string {
  return images === 1 ? '1 image' : `${images} images`
}

function shortId(imageId: string): string {
  return printable(imageId.replace(/^sha256:/, '').slice(0, 12))
}

function sizeOf(bytes: number): string {
  if (bytes < 1_048_576) return `${Math.round(bytes / 1024)} KiB`
  if (bytes < 1024 * 1_048_576) return `${Math.round(bytes / 1_048_576)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}

function agoOf(timeMs: number | undefined, now: number): string {
  if (timeMs === undefined) return 'not known'
  const minutes = Math.max(0, Math.floor((now - timeMs) / 60_000))
  if (minutes < 120) return `${minutes} min ago`
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`
}
