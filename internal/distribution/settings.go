package distribution

import (
	"time"

	"hawker/internal/base/money"
	"hawker/internal/commission"
	"hawker/internal/platform/config"
)

// lineCap bounds what promoters get of a line together, in basis points of what was paid for it.
const lineCap = 5000

// SettingsOf are what the settings say, in the zone of the mall.
func SettingsOf(c config.Config, zone *time.Location) Settings {
	d := c.Distribution
	return Settings{
		Policy:  commission.Policy{Levels: d.Levels, LineCap: lineCap, Fee: d.Fee},
		Default: commission.Percent(d.Level1, d.Level2, d.Level3), AfterSale: d.AfterSale,
		Currency: c.Mall.Currency, Zone: zone,
	}
}

// LevelRates are what the levels earn, from level 1, of products that set no rates: as many
// as the policy pays and as earn anything.
func (s Settings) LevelRates() (out []money.BasisPoints) {
	for level := range s.Policy.Levels {
		rate := s.Default.Rate(level + 1)
		if rate == 0 {
			break
		}
		out = append(out, rate)
	}
	return out
}
