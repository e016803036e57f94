/** Tags of jobs, job definitions, job queues and compute environments. */
import type { Lines } from '../line.ts'

const resourceArn = 'full: children of arrays are refused, as on AWS'

export const tagLines: Lines = {
  ListTagsForResourceRequest: { resourceArn },
  ListTagsForResourceResponse: { tags: 'full' },
  TagResourceRequest: { resourceArn, tags: 'full: merged with those there are' },
  UntagResourceRequest: { resourceArn, tagKeys: 'full' },
}
