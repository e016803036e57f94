/** Tags of every resource that has an ARN. */
import type { Lines } from '../line.ts'

const resourceArn = 'full: children of arrays are refused, as on AWS'

export const tagLines: Lines = {
  ListTagsForResourceRequest: { resourceArn },
  ListTagsForResourceResponse: { tags: 'full' },
  TagResourceRequest: { resourceArn, tags: 'full: merged with those there are' },
  UntagResourceRequest: { resourceArn, tagKeys: 'full' },
}
