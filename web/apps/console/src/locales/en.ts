import { featureMessages } from '@hawker/ui'
import ui from '../../../../packages/ui/src/locales/en.json'

// The first page's texts and the frame's; each other feature's come with its pages.
const files = import.meta.glob(['../features/today/locales/en.json', '../shared/locales/en.json'], {
  eager: true,
  import: 'default',
})
export const later = import.meta.glob(
  ['../features/*/locales/en.json', '!../features/today/locales/*.json'],
  { import: 'default' },
)

export default { ui, ...featureMessages(files) }
