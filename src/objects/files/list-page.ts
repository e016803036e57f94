/** Gathers a page of a listing. */
import type { ListPage, ListQuery } from '../object-store.ts'
import type { BucketTree } from './bucket-tree.ts'
import type { Directories, Looked } from './directories.ts'
import { type Found, Walk } from './walk.ts'

/** What is looked at together. */
export const mostAtOnce = 1000

type Listed = ListPage['objects'][number]
export type FileFacts = Exclude<Looked, boolean | undefined>

export async function listPage(
  tree: BucketTree,
  directories: Directories,
  query: ListQuery,
  factsOf: (key: string, file: FileFacts) => Listed,
): Promise<ListPage> {
  const walk = new Walk(query, (path) => directories.names(tree, path))
  const objects: Listed[] = []
  const commonPrefixes: string[] = []
  let last: string | undefined
  for (;;) {
    const room = query.limit - objects.length - commonPrefixes.length
    if (query.limit === 0) break
    // One more shows whether there is another page.
    const some = await several(walk, Math.min(room + 1, mostAtOnce))
    if (some.length === 0) return { objects, commonPrefixes, next: undefined }
    const looked = await lookAt(tree, directories, some)
    for (const [at, { name, isCommonPrefix }] of some.entries()) {
      const file = looked[at]
      if (!file || name === last) continue
      if (objects.length + commonPrefixes.length === query.limit) return { objects, commonPrefixes, next: last }
      last = name
      if (isCommonPrefix) {
        commonPrefixes.push(name)
        walk.skip(name)
      } else if (file !== true) objects.push(factsOf(name, file))
    }
  }
  return { objects, commonPrefixes, next: undefined }
}

export async function several(walk: Walk, most: number): Promise<Found[]> {
  const some: Found[] = []
  while (some.length < most) {
    const one = await walk.next()
    if (!one) break
    some.push(one)
  }
  return some
}

export async function lookAt(
  tree: BucketTree,
  directories: Directories,
  some: readonly Found[],
): Promise<readonly Looked[]> {
  const places = some.map(({ path, isDirectory }) => ({ path, isDirectory }))
  const looked = await directories.look(tree, places)
  // A file that is being moved for a moment has no path.
  return Promise.all(
    looked.map((one, at) => {
      const { path, isDirectory } = places[at]!
      return one === undefined && !isDirectory && tree.locks.settled(path) ? tree.stat(path) : one
    }),
  )
}

/** Whether the bucket has any object. */
export async function hasObjects(tree: BucketTree, directories: Directories): Promise<boolean> {
  const page = await listPage(tree, directories, { prefix: '', delimiter: '', after: '', limit: 1 }, (key) => ({
    ...{ key, size: 0, lastModifiedMs: 0, etag: '' },
  }))
  return page.objects.length > 0
}
