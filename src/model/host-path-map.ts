/**
 * Where a host path that a job names really is. Job definitions name paths of the machines that
 * their authors had: scratch space, the AWS CLI, files of EC2. The shipped entries serve the paths
 * that users' configurations hard-wire. They are safe for everybody, because none of them leads to
 * a file of the host. The operator's entries win.
 */
import type { AllowedHostPath } from './host-path.ts'

export type HostPathTarget =
  /** Another path of the host. Whatever is below the entry is below it too. */
  | { readonly kind: 'host'; readonly to: string }
  /** A fresh directory of the attempt. The entry stands for this path alone. */
  | { readonly kind: 'scratch' }
  /** `why` is a clause without a capital letter or a full stop. */
  | { readonly kind: 'refused'; readonly why: string }
  /** Read-only files that the server itself has. The entry stands for this path alone. */
  | { readonly kind: 'supplied'; readonly what: Supply }

/**
 * `aws`: a directory with the `aws` command. `fetch-and-run`: the script by that name.
 * `instance-id`: a file with the id of the host's instance.
 */
export type Supply = 'aws' | 'fetch-and-run' | 'instance-id'

/** By absolute paths in their shortest form. */
export type HostPathMap = ReadonlyMap<string, HostPathTarget>

export type HostPathPlace =
  | { readonly kind: 'host'; readonly path: string }
  /** Mounts of one volume share its directory. */
  | { readonly kind: 'scratch'; readonly volume: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'supplied'; readonly what: Supply }

const scratch: HostPathTarget = { kind: 'scratch' }
const aws: HostPathTarget = { kind: 'supplied', what: 'aws' }

export const shippedHostPaths: HostPathMap = new Map<string, HostPathTarget>([
  // Scratch space of the users' site, by its present and its former name.
  ['/docker_scratch', scratch],
  ['/var/lib/docker', scratch],
  ['/scratch', scratch],
  ['/cromwell_root', scratch],
  // Caches of Toil's worker. Docker makes them where they are missing.
  ['/var/lib/toil', scratch],
  ['/var/lib/cwl', scratch],
  ['/var/run/user', scratch],
  ['/home/ec2-user/miniconda', aws],
  ['/home/ec2-user/miniconda3', aws],
  ['/usr/local/aws-cli', aws],
  ['/usr/local/bin/fetch_and_run.sh', { kind: 'supplied', what: 'fetch-and-run' }],
  ['/var/lib/cloud/data/instance-id', { kind: 'supplied', what: 'instance-id' }],
])

/**
 * Shipped entries for names that a lab may really have as directories. Where one exists, jobs that
 * name it mean it.
 */
export const yieldingHostPaths: readonly string[] = ['/scratch', '/var/lib/toil', '/var/lib/cwl', '/cromwell_root']

/** The site's own name for scratch space never means anything else. */
const neverYields = '/docker_scratch'

/**
 * The longest entry that covers the path decides. Entries that stand for their path alone count
 * under its exact spelling, because anybody may have them. All others count under every spelling.
 */
export function placeOfHostPath(requested: string, map: HostPathMap): HostPathPlace {
  const path = shortestForm(requested)
  let [entry, target]: [string, HostPathTarget | undefined] = ['', undefined]
  for (const [from, to] of map) {
    const isCovered = isOpen(to) ? withoutSlash(requested) === from : covers(from, path)
    if (from.length > entry.length && isCovered) [entry, target] = [from, to]
  }
  if (target === undefined) return { kind: 'host', path: requested }
  switch (target.kind) {
    case 'host': {
      const below = entry === '/' ? (path === '/' ? '' : path) : path.slice(entry.length)
      return { kind: 'host', path: withoutSlash(`${withoutSlash(target.to)}${below}`) }
    }
    case 'scratch':
      // A volume's name has no slash, so that none is taken for this one.
      return { kind: 'scratch', volume: entry }
    case 'refused':
    case 'supplied':
      return target
  }
}

/**
 * The operator's entries over the shipped ones. A shipped entry steps back where the lab has the
 * directory itself (`exists`), and where a grant names the path as one of the host.
 */
export function hostPathMapOf(
  operators: HostPathMap,
  granted: readonly AllowedHostPath[] = [],
  exists: (path: string) => boolean = () => false,
): HostPathMap {
  const labs = new Set([...granted.map(({ path }) => path), ...yieldingHostPaths.filter(exists)])
  const shipped = [...shippedHostPaths].filter(([path]) => path === neverYields || !labs.has(path))
  return new Map([...shipped, ...operators])
}

/** Whether anybody may have the path, because it leads to nothing of the host. */
export function isOpenToAll(requested: string, map: HostPathMap): boolean {
  const { kind } = placeOfHostPath(requested, map)
  return kind === 'scratch' || kind === 'supplied'
}

function isOpen({ kind }: HostPathTarget): boolean {
  return kind === 'scratch' || kind === 'supplied'
}

function covers(from: string, path: string): boolean {
  return path === from || path.startsWith(from === '/' ? '/' : `${from}/`)
}

/** As an engine reads it, by its text alone. A text that is no absolute path stays as it is. */
function shortestForm(text: string): string {
  if (!text.startsWith('/')) return text
  const segments: string[] = []
  for (const segment of text.split('/'))
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  return `/${segments.join('/')}`
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}
