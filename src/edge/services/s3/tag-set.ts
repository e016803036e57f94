/** Tags as XML. */

import { childOf, type XmlElement } from '../../../ground/xml-reader.ts'
import { isObjectRefusal, type ObjectRefusal } from '../../../objects/object-refusal.ts'
import type { Tagged } from '../../../objects/object-store.ts'
import type { Tags } from '../../../objects/tags.ts'
import { s3Failure } from '../../errors.ts'
import { malformedXml } from './s3-errors.ts'
import type { S3Answer } from './s3-operation.ts'
import { versionHeader } from './versions.ts'

export function readTagSet(document: XmlElement): Tags {
  const set = childOf(document, 'TagSet')
  if (!set) throw malformedXml()
  const pairs = set.children.map((tag): [string, string] => {
    const [key, value] = [childOf(tag, 'Key')?.text, childOf(tag, 'Value')?.text]
    if (tag.name !== 'Tag' || key === undefined || value === undefined) throw malformedXml()
    return [key, value]
  })
  const tags = Object.fromEntries(pairs)
  if (Object.keys(tags).length < pairs.length)
    throw s3Failure('InvalidTag', 400, 'Cannot provide multiple Tags with the same key')
  return tags
}

export function tagSetOf(tags: Tags) {
  const sorted = Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1))
  return { TagSet: { Tag: sorted.map(([Key, Value]) => ({ Key, Value })) } }
}

/** The answer to a change of tags. */
export function tagged(outcome: Tagged | ObjectRefusal, httpStatus: 200 | 204): S3Answer | ObjectRefusal {
  return isObjectRefusal(outcome) ? outcome : { httpStatus, headers: versionHeader(outcome) }
}
