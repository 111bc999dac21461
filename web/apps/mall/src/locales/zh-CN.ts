import { featureMessages } from '@hawker/ui'
import ui from '../../../../packages/ui/src/locales/zh-CN.json'

const files = import.meta.glob(['../features/*/locales/zh-CN.json', '../shared/locales/zh-CN.json'], {
  eager: true,
  import: 'default',
})

export default { ui, ...featureMessages(files) }
