/** The images of an engine, as it lists them. */
import { canonicalImage, parseImageReference } from '../../model/image-reference.ts'
import type { ListedImage } from '../driver-images.ts'
import type { EngineClient } from './engine-client.ts'

export type EngineImage = Pick<
  ListedImage,
  'imageId' | 'names' | 'digests' | 'bytes' | 'sharedBytes' | 'containers' | 'createdAtMs'
>

/** A row of `GET /system/df` and of `GET /images/json`. */
interface Row {
  readonly Id: string
  /** `<none>:<none>` in older versions, for an image without a name. */
  readonly RepoTags?: readonly string[] | null
  readonly RepoDigests?: readonly string[] | null
  readonly Size: number
  /** -1 where it was not counted. */
  readonly SharedSize?: number
  /** Seconds. */
  readonly Created: number
}

interface DiskUse {
  readonly LayersSize?: number
  readonly Images?: readonly Row[] | null
}

/** An engine walks all its layers for this. One that takes longer is asked for less. */
const diskUseTimeoutMs = 15_000
const listTimeoutMs = 60_000

/** Names of images that openbatch makes for itself. */
const own = 'docker.io/openbatch/'

export async function readImages(
  engine: EngineClient,
): Promise<{ readonly images: readonly EngineImage[]; readonly diskBytes?: number }> {
  const containers = await usesOf(engine)
  const diskUse = await readDiskUse(engine)
  const rows =
    diskUse?.Images ?? (await engine.call<Row[]>({ method: 'GET', path: '/images/json', timeoutMs: listTimeoutMs }))
  const images = rows
    .map((row) => imageOf(row, containers))
    .filter(({ names }) => !names.some((it) => it.startsWith(own)))
  return { images, ...(diskUse?.LayersSize === undefined ? {} : { diskBytes: diskUse.LayersSize }) }
}

/** Undefined where the engine does not say it, or is counting for somebody else. */
async function readDiskUse(engine: EngineClient): Promise<DiskUse | undefined> {
  try {
    const call = { method: 'GET', path: '/system/df', query: { type: 'image' }, timeoutMs: diskUseTimeoutMs } as const
    return await engine.call<DiskUse>(call)
  } catch {
    return undefined
  }
}

async function usesOf(engine: EngineClient): Promise<ReadonlyMap<string, number>> {
  const call = { method: 'GET', path: '/containers/json', query: { all: '1' }, timeoutMs: listTimeoutMs } as const
  const uses = new Map<string, number>()
  for (const { ImageID } of await engine.call<{ ImageID: string }[]>(call))
    uses.set(ImageID, (uses.get(ImageID) ?? 0) + 1)
  return uses
}

function imageOf({ Id, RepoTags, RepoDigests, Size, SharedSize, Created }: Row, uses: ReadonlyMap<string, number>) {
  const shared = SharedSize === undefined || SharedSize < 0 ? {} : { sharedBytes: SharedSize }
  const containers = uses.get(Id) ?? 0
  return {
    imageId: Id,
    names: namesOf(RepoTags, RepoDigests),
    digests: inFull(RepoDigests),
    bytes: Size,
    ...shared,
    containers,
    createdAtMs: Created * 1000,
  }
}

/**
 * The tags, and the digests of repositories without a tag here: the engine removes the others with
 * the last tag.
 */
function namesOf(tags: Row['RepoTags'], digests: Row['RepoDigests']): readonly string[] {
  const tagged = inFull(tags)
  const repositories = new Set(tagged.map(repositoryOf))
  const onlyByDigest = inFull(digests).filter((name) => !repositories.has(repositoryOf(name)))
  return [...tagged, ...onlyByDigest]
}

function inFull(names: readonly string[] | null | undefined): string[] {
  return (names ?? []).flatMap((name) => {
    const reference = parseImageReference(name)
    return reference ? [canonicalImage(reference)] : []
  })
}

function repositoryOf(name: string): string {
  const { registry, path } = parseImageReference(name)!
  return `${registry}/${path}`
}
