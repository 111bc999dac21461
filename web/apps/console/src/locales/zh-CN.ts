import { featureMessages } from '@hawker/ui'
import ui from '../../../../packages/ui/src/locales/zh-CN.json'

// The first page's texts and the frame's; each other feature's come with its pages.
const files = import.meta.glob(['../features/today/locales/zh-CN.json', '../shared/locales/zh-CN.json'], {
  eager: true,
  import: 'default',
})
export const later = import.meta.glob(
  ['../features/*/locales/zh-CN.json', '!../features/today/locales/*.json'],
  { import: 'default' },
)

export default { ui, ...featureMessages(files) }
