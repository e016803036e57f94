/** Looks at every object of a bucket once. */
import type { SurveyedObject, SurveyQuery } from '../object-store.ts'
import type { Directories } from './directories.ts'
import type { FileBucket } from './file-bucket.ts'
import { markOf } from './file-identity.ts'
import { type FileFacts, lookAt, mostAtOnce, several } from './list-page.ts'
import { Walk } from './walk.ts'

export async function* survey(
  bucket: FileBucket,
  directories: Directories,
  { prefix, withTags }: SurveyQuery,
): AsyncGenerator<readonly SurveyedObject[]> {
  const { tree } = bucket
  const walk = new Walk({ prefix, delimiter: '', after: '' }, (path) => directories.names(tree, path))
  for (;;) {
    const some = await several(walk, mostAtOnce)
    if (some.length === 0) return
    const looked = await lookAt(tree, directories, some)
    yield looked.flatMap((file, at) => (isFile(file) ? surveyed(bucket, some[at]!.name, file, withTags) : []))
  }
}

function isFile(file: FileFacts | boolean | undefined): file is FileFacts {
  return typeof file === 'object'
}

function surveyed(bucket: FileBucket, key: string, file: FileFacts, withTags: boolean): SurveyedObject {
  return {
    key,
    size: Number(file.size),
    lastModifiedMs: Number(file.mtimeNs / 1_000_000n),
    tags: (withTags && bucket.row(key, file)?.said.tags) || {},
    mark: markOf(file),
  }
}
