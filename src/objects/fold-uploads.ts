/** Folds uploads that are sorted by key into common prefixes. */
import type { Upload, UploadsPage, UploadsQuery } from './object-store.ts'

/** The uploads are those after the marks of the query. */
export function foldUploads(
  sorted: Iterable<Upload>,
  { prefix, delimiter, afterKey, limit }: UploadsQuery,
): UploadsPage {
  const uploads: Upload[] = []
  const commonPrefixes: string[] = []
  for (const upload of sorted) {
    const { key } = upload
    if (!key.startsWith(prefix)) continue
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const folded = at < 0 ? undefined : key.slice(0, at + delimiter.length)
    if (folded !== undefined && (folded === commonPrefixes.at(-1) || folded === afterKey)) continue
    if (uploads.length + commonPrefixes.length === limit) return { uploads, commonPrefixes, more: limit > 0 }
    if (folded === undefined) uploads.push(upload)
    else commonPrefixes.push(folded)
  }
  return { uploads, commonPrefixes, more: false }
}
