/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html */
import { limits } from '../../../model/limits.ts'
import { readToken, tokenFor } from './continuation.ts'
import { answerXml, isoDate } from './document.ts'
import { numberIn } from './read-request.ts'
import { defineS3Operation } from './s3-operation.ts'

export const listBuckets = defineS3Operation('ListBuckets', {
  match: { on: 'service', method: 'GET' },
  authorisedAs: 'ListAllMyBuckets',
  async handle(request, { backend, principal }) {
    const { query } = request
    const most = query.has('max-buckets') ? numberIn(request, 'max-buckets', 10 * limits.objectsPerPage) : undefined
    const [prefix, token] = [query.get('prefix') ?? '', query.get('continuation-token')]
    const after = token === undefined ? '' : readToken(token)
    const found = backend.objects.buckets().filter(({ name }) => name.startsWith(prefix) && name > after)
    const shown = found.slice(0, most)
    return answerXml('ListAllMyBucketsResult', {
      Owner: { ID: principal.name, DisplayName: principal.name },
      Buckets: {
        Bucket: shown.map(({ name, createdAtMs }) => ({
          Name: name,
          CreationDate: isoDate(createdAtMs),
          BucketRegion: backend.region,
        })),
      },
      ContinuationToken: shown.length < found.length ? tokenFor(shown.at(-1)?.name ?? '') : undefined,
      Prefix: query.get('prefix'),
    })
  },
})
