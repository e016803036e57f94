/**
 * The errors of S3 that requests meet before the object store does.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { type ObjectRefusal, objectRefusals } from '../../../objects/object-refusal.ts'
import { ApiFailure, s3Failure } from '../../errors.ts'
import { markerHeaders } from './versions.ts'

/** An error of the object store, as it goes to the client. */
export function refused(refusal: ObjectRefusal): ApiFailure {
  const { code, message, details } = refusal
  const { failure } = s3Failure(code, objectRefusals[code], message, details)
  return new ApiFailure(failure, markerHeaders(refusal))
}

export function invalidArgument(message: string, name: string, value: string): ApiFailure {
  return s3Failure('InvalidArgument', 400, message, { ArgumentName: name, ArgumentValue: value })
}

/** A form lacks a field, or has it behind the file. */
export function missingField(name: string): ApiFailure {
  const text = `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`
  return invalidArgument(text, name, '')
}

export function invalidRequest(message: string): ApiFailure {
  return s3Failure('InvalidRequest', 400, message)
}

export function malformedXml(): ApiFailure {
  const text = 'The XML you provided was not well-formed or did not validate against our published schema'
  return s3Failure('MalformedXML', 400, text)
}

/** A setting of a bucket that is read, and is not set. */
export function notSet(code: string, message: string, bucket: string): ApiFailure {
  return s3Failure(code, 404, message, { BucketName: bucket })
}

/** What S3 has and openbatch has not, by its name. */
export function notImplemented(what: string): ApiFailure {
  return s3Failure('NotImplemented', 501, `openbatch does not offer ${what} of S3.`)
}
