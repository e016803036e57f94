/** Figures of the images of drivers: pulls, and what images take on disk. docs/operate/metrics.md */
import type { ImageFigures } from '../drivers/driver-images.ts'
import type { LabelledFigures, ServerMetrics } from './metrics.ts'
import type { Images } from './run/images.ts'

type Figure = readonly [
  kind: LabelledFigures['kind'],
  name: string,
  help: string,
  read: (figures: ImageFigures) => number | undefined,
]

const figuresOfDrivers: readonly Figure[] = [
  ['gauge', 'image_pulls_under_way', 'Images being pulled, or waiting for it', ({ underWay }) => underWay],
  ['counter', 'image_pulled_bytes_total', 'Bytes of layers that were fetched', ({ fetchedBytes }) => fetchedBytes],
  ['counter', 'image_pull_seconds_total', 'Seconds that tries of pulls took, in sum', ({ seconds }) => seconds],
  ['counter', 'images_removed_total', 'Images that were removed because nothing used them', ({ removed }) => removed],
  ['gauge', 'images', 'Images that the engine had when it was last looked', ({ images }) => images],
  ['gauge', 'image_disk_bytes', 'What all images took on disk when it was last looked', ({ diskBytes }) => diskBytes],
]

export function registerImages(metrics: Pick<ServerMetrics, 'add'>, images: Pick<Images, 'figures'>): void {
  for (const [kind, name, help, read] of figuresOfDrivers)
    metrics.add({
      ...{ kind, name: `openbatch_${name}`, help, labelNames: ['driver'] },
      read: () =>
        images.figures().flatMap(([driver, figures]) => {
          const value = read(figures)
          return value === undefined ? [] : [[{ driver }, value] as const]
        }),
    })
  metrics.add({
    ...{ kind: 'counter', name: 'openbatch_image_pulls_total', labelNames: ['driver', 'outcome'] },
    help: 'Tries of pulls that ended, by their outcome: pulled, failed',
    read: () =>
      images
        .figures()
        .flatMap(([driver, { pulled, failed }]) => [
          [{ driver, outcome: 'pulled' }, pulled] as const,
          [{ driver, outcome: 'failed' }, failed] as const,
        ]),
  })
}
