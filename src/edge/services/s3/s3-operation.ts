/**
 * Defines an operation of S3: how its requests are recognised, its action, and its handler. Each has
 * a file of its own.
 */
import type { ObjectRefusal } from '../../../objects/object-refusal.ts'
import { isObjectRefusal } from '../../../objects/object-refusal.ts'
import type { BodyStream } from '../../body-stream.ts'
import type { RequestContext } from '../../context.ts'
import { s3Failure } from '../../errors.ts'
import type { Operation, OwnConditionValues } from '../../operation.ts'
import type { WireMessage } from '../../protocols/protocol.ts'
import { existingTagValues, valuesOfRequest } from './request-values.ts'
import { resourceOf } from './resource.ts'
import { refused } from './s3-errors.ts'

export type Level = 'service' | 'bucket' | 'object'

/** How requests of an operation look. Of those that fit, the one with a query or header is meant. */
export interface Match {
  readonly on: Level
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** The request has these parameters in its query, with whatever values. `list-type=2` has that value. */
  readonly query?: readonly string[]
  /** The request has this header. */
  readonly header?: string
}

export interface S3Request {
  /** Empty for a request to the service. */
  readonly bucket: string
  /** Empty for a request to a bucket. */
  readonly key: string
  /** The version of the object that is meant. */
  readonly versionId?: string
  /** A parameter that is given twice has its first value. */
  readonly query: ReadonlyMap<string, string>
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Pick<BodyStream, 'size' | 'trailers' | 'hasTrailers' | 'read' | 'whole'>
  /** Of a form, by their names in lower case. */
  readonly fields?: ReadonlyMap<string, string>
  /** Values of condition keys that were read because policies ask for them. */
  asked?: OwnConditionValues
}

/** An answer is a message; its body may be a stream. */
export type S3Answer = WireMessage

export interface S3Operation extends Operation {
  readonly match: Match
  /** The operation on a version that is named. Without it, the operation takes none. */
  readonly ofVersion?: S3Operation
}

interface Definition {
  readonly match: Match
  /** Default: its own name. */
  readonly authorisedAs?: string
  /** The action on a version that is named. */
  readonly versionAction?: string
  readonly alsoAsks?: readonly string[]
  readonly needsNoPermission?: true
  /** It changes or reads objects, of which there are too many for the audit. */
  readonly isOfObjects?: true
  /** Beside those of every request. */
  readonly conditionValues?: (request: S3Request) => OwnConditionValues
  /** Policies may ask for the tags that the object has. */
  readonly hasExistingTags?: true
  /** Reads more that policies may ask for. */
  readonly readAsked?: (request: S3Request, context: RequestContext) => Promise<OwnConditionValues> | undefined
  /** Why there is nothing to refuse, where the caller may know. */
  readonly whenRefused?: (request: S3Request, context: RequestContext) => Promise<ObjectRefusal | undefined>
  readonly handle: (request: S3Request, context: RequestContext) => Promise<S3Answer | ObjectRefusal>
}

export function defineS3Operation(name: string, { versionAction, ...definition }: Definition): S3Operation {
  const { alsoAsks = [] } = definition
  const asked = versionAction === undefined ? alsoAsks : [...alsoAsks, `s3:${versionAction}`]
  return {
    ...operationOf(name, { ...definition, ...(asked.length > 0 && { alsoAsks: asked }) }),
    ...(versionAction !== undefined && {
      ofVersion: operationOf(name, { ...definition, authorisedAs: versionAction }),
    }),
  }
}

function operationOf(name: string, definition: Omit<Definition, 'versionAction'>): S3Operation {
  const {
    authorisedAs = name,
    isOfObjects,
    handle,
    conditionValues,
    hasExistingTags,
    readAsked,
    whenRefused,
    ...rest
  } = definition
  const action = `s3:${authorisedAs}`
  return {
    ...{ service: 's3', name, action },
    // Objects do not depend on the memory of jobs.
    inTrouble: true,
    ...(isOfObjects && { notAudited: true }),
    ...rest,
    resource: resourceOf,
    conditionValues: (request: S3Request) => [
      () => ({ ...valuesOfRequest(request), ...conditionValues?.(request), ...request.asked }),
    ],
    ...((hasExistingTags || readAsked) && {
      readAsked(request: S3Request, context: RequestContext) {
        const reads = [
          hasExistingTags && existingTagValues(request, action, context),
          readAsked?.(request, context),
        ].filter((reading) => typeof reading === 'object')
        if (reads.length === 0) return undefined
        return Promise.all(reads).then((found) => {
          request.asked = Object.assign({}, ...found)
        })
      },
    }),
    ...(whenRefused && {
      async whenRefused(request: S3Request, context: RequestContext) {
        const missing = await whenRefused(request, context)
        if (missing) throw refused(missing)
      },
    }),
    async handle(request: S3Request, context: RequestContext) {
      refusePublicAcl(request, context)
      const answer = await handle(request, context)
      if (isObjectRefusal(answer)) throw refused(answer)
      return answer
    },
  } as S3Operation
}

/** Such a list is refused anyway. Where a bucket blocks them, S3 says that it is not allowed. */
function refusePublicAcl({ bucket, headers }: S3Request, { backend }: RequestContext): void {
  const acl = headers['x-amz-acl']
  if (acl === undefined || !/^(?:public-|authenticated-)/.test(acl)) return
  if (!backend.objects.settings(bucket).publicAccessBlock?.blockPublicAcls) return
  throw s3Failure(
    'AccessDenied',
    403,
    'Access Denied because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access.',
  )
}
