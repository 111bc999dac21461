package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
)

// Figure is one line of the table.
type Figure struct {
	Area  string
	Name  string
	Value float64
	Unit  string
	Goal  string
	// Ratio is how much of something in the same run the value is, and To says of what; 0 and "": of nothing.
	Ratio float64
	To    string
	// Spread is half the distance between the least and the greatest of its repeats, as a part of the value; 0 where it
	// was taken once.
	Spread float64
}

// MarshalJSON writes a value that could not be taken as null: JSON knows no infinity, and one figure must not cost all
// others. What a figure does not have is left out.
func (f Figure) MarshalJSON() ([]byte, error) {
	out := struct {
		Area   string   `json:"area"`
		Name   string   `json:"name"`
		Value  *float64 `json:"value"`
		Unit   string   `json:"unit"`
		Goal   string   `json:"goal,omitempty"`
		Ratio  *float64 `json:"ratio,omitempty"`
		To     string   `json:"to,omitempty"`
		Spread *float64 `json:"spread,omitempty"`
	}{Area: f.Area, Name: f.Name, Unit: f.Unit, Goal: f.Goal, To: f.To, Value: number(f.Value)}
	if f.To != "" {
		out.Ratio = number(f.Ratio)
	}
	if f.Spread != 0 {
		out.Spread = number(f.Spread)
	}
	return json.Marshal(out)
}

func number(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// String is the line of the table.
func (f Figure) String() string {
	line := fmt.Sprintf("%-5s %-62s %12.2f %-12s", f.Area, f.Name, f.Value, f.Unit)
	if f.Spread != 0 {
		line += fmt.Sprintf(" ±%2.0f %%", 100*f.Spread)
	}
	if f.To != "" {
		line += fmt.Sprintf(" %8.2f × %s", f.Ratio, f.To)
	}
	if f.Goal != "" {
		line += "  (" + f.Goal + ")"
	}
	return line
}

// of is the figure beside what it is measured by.
func (f Figure) of(value float64, what string) Figure {
	f.Ratio, f.To = f.Value/value, what
	return f
}

// repeated makes the value and the spread of a figure from its repeats: the middle one of them.
func (f Figure) repeated(values []float64) Figure {
	sorted := slices.Sorted(slices.Values(values))
	f.Value = quantile(sorted, 0.5)
	if len(sorted) > 1 {
		f.Spread = (sorted[len(sorted)-1] - sorted[0]) / 2 / f.Value
	}
	return f
}

// Print writes figures as JSON.
func Print(w io.Writer, figures []Figure) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(figures)
}
