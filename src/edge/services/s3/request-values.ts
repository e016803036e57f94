/**
 * The values of S3's own condition keys that a request brings. The tags of objects are read only if
 * a policy asks for them.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys
 */
import { headersAsked } from '../../../access/bucket-policy/s3-condition-keys.ts'
import { asksFor } from '../../../access/policy/asks-for.ts'
import { actingIn } from '../../../access/principal.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { VersionName } from '../../../objects/object-store.ts'
import type { Tags } from '../../../objects/tags.ts'
import type { RequestContext } from '../../context.ts'
import type { OwnConditionValues } from '../../operation.ts'
import { resourcePolicies } from '../../resource-policies.ts'
import { objectArn } from './resource.ts'

type Values = Record<string, readonly string[]>

interface RequestHead {
  readonly query: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, string | undefined>>
}

/** Those of every operation. */
export function valuesOfRequest({ query, headers }: RequestHead): OwnConditionValues {
  const values: Values = {
    's3:authType': [query.has('X-Amz-Algorithm') ? 'REST-QUERY-STRING' : 'REST-HEADER'],
    's3:signatureversion': ['AWS4-HMAC-SHA256'],
  }
  for (const name of headersAsked) if (headers[name] !== undefined) values[`s3:${name}`] = [headers[name]]
  if (headers.referer !== undefined) values['aws:Referer'] = [headers.referer]
  if (headers['user-agent'] !== undefined) values['aws:UserAgent'] = [headers['user-agent']]
  const version = query.get('versionId')
  if (version !== undefined) values['s3:versionid'] = [version]
  const source = headers['x-amz-copy-source']
  if (source !== undefined) values['s3:x-amz-copy-source'] = [copied(source)]
  const tagging = headers['x-amz-tagging']
  return tagging === undefined ? values : { ...values, ...requestTagValues(new URLSearchParams(tagging)) }
}

/** `bucket/key`, however the client writes it. */
function copied(source: string): string {
  const path = source.split('?versionId=')[0]!.replace(/^\//, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Of the tags that a request gives to an object. */
export function requestTagValues(tags: Iterable<readonly [string, string]>): OwnConditionValues {
  const pairs = [...tags]
  return {
    's3:RequestObjectTagKeys': pairs.map(([key]) => key),
    ...Object.fromEntries(pairs.map(([key, value]) => [`s3:RequestObjectTag/${key}`, [value]])),
  }
}

/** Of the tags that an object has. Undefined if no policy asks for them, or there is no such object. */
export function existingTagValues(
  name: VersionName,
  action: string,
  context: RequestContext,
): Promise<OwnConditionValues> | undefined {
  if (!anyAsks('s3:existingobjecttag/', objectArn(name), action, context)) return undefined
  return context.backend.objects.head(name).then((found) => (isObjectRefusal(found) ? {} : existing(found.tags)))
}

function existing(tags: Tags): OwnConditionValues {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`s3:ExistingObjectTag/${key}`, [value]]))
}

/** Whether a policy that decides about the caller and the resource asks for such a key. */
export function anyAsks(family: string, resource: string, action: string, context: RequestContext): boolean {
  const principal = actingIn(context.principal, action)
  return (
    asksFor(principal.policies, family) ||
    asksFor(resourcePolicies(context.backend.objects, resource, { principal, action }), family)
  )
}
