package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"hawker/test/kit"
)

type audited struct {
	Action    string          `json:"action"`
	Outcome   string          `json:"outcome"`
	ActorID   string          `json:"actor_id"`
	ActorName string          `json:"actor_name"`
	Address   string          `json:"address"`
	Subject   string          `json:"subject"`
	Before    json.RawMessage `json:"before"`
	After     json.RawMessage `json:"after"`
}

// What a merchant changes of people, prices, stock and settings is told to the shop and
// to operators, with what it was before; so is who tried what is not theirs. No secret
// is told.
func TestTheAuditLogTells(t *testing.T) {
	m := kit.Start(t)
	owner, operator := m.SignIn("merchant"), m.SignIn("operator")
	colleague := m.Register("colleague")
	base := "/merchant/" + owner.Shop(t)
	owner.Post(base+"/staff", map[string]string{"email": "colleague@example.com", "role": "support"}).Want(t, 200)
	sku := owner.Find(t, lamp).SKUs[0].ID
	owner.Post(base+"/skus/"+sku+"/stock", map[string]any{"delta": 3, "reason": "found"}).Want(t, 200)
	room := owner.OpenRoom(t, nil)
	const key = "never-to-be-told"
	owner.Post(base+"/rooms/"+room.ID+"/restreams", map[string]string{
		"name": "elsewhere", "url": "rtmp://live.example.com/app/" + key,
	}).Want(t, 201)
	owner.Do("PUT", base+"/live-settings", "", map[string]any{
		"keep_days": 30, "clips": false, "ladder": false, "renditions": []int{360},
	}).Want(t, 0)
	colleague.Get("/admin/users").WantProblem(t, http.StatusForbidden, "auth.operator_only")

	list := func(c *kit.Person, path string) (out []audited) {
		t.Helper()
		var p struct{ Items []audited }
		c.Get(path).Want(t, 200).Into(t, &p)
		return p.Items
	}
	found := map[string]audited{}
	for _, e := range list(owner, base+"/audit?limit=50") {
		if _, later := found[e.Action]; !later {
			found[e.Action] = e
		}
	}
	for action, want := range map[string]struct{ subject, before, after string }{
		"role.changed":          {colleague.ID(t), `""`, `"support"`},
		"stock.changed":         {sku, "", `"reason":"found"`},
		"restream.added":        {"", "null", `"host":"live.example.com"`},
		"live_settings.changed": {owner.Shop(t), "90", "30"},
	} {
		e, ok := found[action]
		if !ok || e.ActorID != owner.ID(t) || e.Address != "127.0.0.1" || !strings.Contains(e.Subject, want.subject) ||
			!strings.Contains(string(e.Before), want.before) || !strings.Contains(string(e.After), want.after) {
			t.Errorf("%s: %v %s → %s by %s from %s", action, ok, e.Before, e.After, e.ActorID, e.Address)
		}
	}
	refused := list(operator, "/admin/audit?action=access.refused")
	if len(refused) != 1 || refused[0].Subject != "admin-user-list" || refused[0].ActorID != colleague.ID(t) ||
		refused[0].Outcome != "refused" {
		t.Errorf("refused: %+v", refused)
	}
	if whole := string(operator.Get("/admin/audit?limit=50").Want(t, 200).Body); strings.Contains(whole, key) ||
		strings.Contains(whole, "colleague@example.com") {
		t.Errorf("the log tells a secret: %s", whole)
	}
}
