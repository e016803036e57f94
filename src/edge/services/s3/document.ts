/** XML documents in requests and answers. */

import { type XmlMembers, xmlDocument } from '../../../ground/xml.ts'
import { readXml, type XmlElement } from '../../../ground/xml-reader.ts'
import { ContentDigest, refusalOfContent } from '../../../objects/content-digest.ts'
import { readDigests } from './checksums.ts'
import { malformedXml, refused } from './s3-errors.ts'
import type { S3Answer, S3Request } from './s3-operation.ts'

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** Reads the body whole, and compares its digests. */
export async function readText(request: S3Request): Promise<string> {
  const { checksum, expected } = readDigests(request)
  const bytes = await request.body.whole()
  const digest = new ContentDigest(checksum)
  digest.update(bytes)
  const refusal = refusalOfContent(digest.end(), expected)
  if (refusal) throw refused(refusal)
  return bytes.toString()
}

/** Throws unless the body is a document with that root. */
export async function readDocument(request: S3Request, root: string): Promise<XmlElement> {
  const document = readXml(await readText(request))
  if (document?.name !== root) throw malformedXml()
  return document
}

export function answerXml(root: string, members: XmlMembers, headers?: S3Answer['headers']): S3Answer {
  return { contentType: 'application/xml', body: xmlDocument(root, members, namespace), headers }
}

/** ISO 8601 with milliseconds, as S3 writes it. */
export function isoDate(ms: number): string {
  return new Date(ms).toISOString()
}
