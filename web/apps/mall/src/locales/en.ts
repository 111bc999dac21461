import { featureMessages } from '@hawker/ui'
import ui from '../../../../packages/ui/src/locales/en.json'

// Of the pages behind the first screen's doors the texts come with their routes (`meta.texts`).
const files = import.meta.glob(
  [
    '../features/*/locales/en.json',
    '!../features/{studio,wallet,earn,security,account,orders,guest,cart,inbox}/locales/*.json',
    '../shared/locales/en.json',
  ],
  { eager: true, import: 'default' },
)
export const later = import.meta.glob(
  '../features/{studio,wallet,earn,security,account,orders,guest,cart,inbox}/locales/en.json',
  {
    import: 'default',
  },
)

export default { ui, ...featureMessages(files) }
