package id

// One type per entity. The prefix is what a person sees in a link or a log.
type (
	userKind       struct{}
	sessionKind    struct{}
	addressKind    struct{}
	shopKind       struct{}
	categoryKind   struct{}
	productKind    struct{}
	skuKind        struct{}
	mediaKind      struct{}
	movementKind   struct{}
	cartItemKind   struct{}
	checkoutKind   struct{}
	orderKind      struct{}
	orderLineKind  struct{}
	paymentKind    struct{}
	refundKind     struct{}
	shipmentKind   struct{}
	accountKind    struct{}
	transferKind   struct{}
	ledgerTxKind   struct{}
	commissionKind struct{}
	linkKind       struct{}
	payoutKind     struct{}
	roomKind       struct{}
	messageKind    struct{}
	pinKind        struct{}
	recordingKind  struct{}
	videoKind      struct{}
	eventKind      struct{}
	jobKind        struct{}
	sliceKind      struct{}
	couponKind     struct{}
	claimKind      struct{}
	dealKind       struct{}
	auctionKind    struct{}
	bidKind        struct{}
	bagKind        struct{}
	noticeKind     struct{}
	wordKind       struct{}
	restreamKind   struct{}
	showKind       struct{}
	auditKind      struct{}
	invitationKind struct{}
	mailCodeKind   struct{}
)

func (userKind) Prefix() string       { return "usr" }
func (sessionKind) Prefix() string    { return "ses" }
func (addressKind) Prefix() string    { return "adr" }
func (shopKind) Prefix() string       { return "shp" }
func (categoryKind) Prefix() string   { return "cat" }
func (productKind) Prefix() string    { return "prd" }
func (skuKind) Prefix() string        { return "sku" }
func (mediaKind) Prefix() string      { return "med" }
func (movementKind) Prefix() string   { return "mov" }
func (cartItemKind) Prefix() string   { return "cit" }
func (checkoutKind) Prefix() string   { return "chk" }
func (orderKind) Prefix() string      { return "ord" }
func (orderLineKind) Prefix() string  { return "oln" }
func (paymentKind) Prefix() string    { return "pay" }
func (refundKind) Prefix() string     { return "rfd" }
func (shipmentKind) Prefix() string   { return "shm" }
func (accountKind) Prefix() string    { return "acc" }
func (transferKind) Prefix() string   { return "trf" }
func (ledgerTxKind) Prefix() string   { return "ltx" }
func (commissionKind) Prefix() string { return "com" }
func (linkKind) Prefix() string       { return "lnk" }
func (payoutKind) Prefix() string     { return "pyo" }
func (roomKind) Prefix() string       { return "rom" }
func (messageKind) Prefix() string    { return "msg" }
func (pinKind) Prefix() string        { return "pin" }
func (recordingKind) Prefix() string  { return "rec" }
func (videoKind) Prefix() string      { return "vid" }
func (eventKind) Prefix() string      { return "evt" }
func (jobKind) Prefix() string        { return "job" }
func (sliceKind) Prefix() string      { return "slc" }
func (couponKind) Prefix() string     { return "cpn" }
func (claimKind) Prefix() string      { return "clm" }
func (dealKind) Prefix() string       { return "del" }
func (auctionKind) Prefix() string    { return "auc" }
func (bidKind) Prefix() string        { return "bid" }
func (bagKind) Prefix() string        { return "bag" }
func (noticeKind) Prefix() string     { return "ntc" }
func (wordKind) Prefix() string       { return "wrd" }
func (restreamKind) Prefix() string   { return "rst" }
func (showKind) Prefix() string       { return "shw" }
func (auditKind) Prefix() string      { return "aud" }
func (invitationKind) Prefix() string { return "inv" }
func (mailCodeKind) Prefix() string   { return "mlc" }

// The id of each entity; see docs/glossary.md for what the entities are.
type (
	User       = Of[userKind]
	Session    = Of[sessionKind]
	Address    = Of[addressKind]
	Shop       = Of[shopKind]
	Category   = Of[categoryKind]
	Product    = Of[productKind]
	SKU        = Of[skuKind]
	Media      = Of[mediaKind]
	Movement   = Of[movementKind]
	CartItem   = Of[cartItemKind]
	Checkout   = Of[checkoutKind]
	Order      = Of[orderKind]
	OrderLine  = Of[orderLineKind]
	Payment    = Of[paymentKind]
	Refund     = Of[refundKind]
	Shipment   = Of[shipmentKind]
	Account    = Of[accountKind]
	Transfer   = Of[transferKind]
	LedgerTx   = Of[ledgerTxKind]
	Commission = Of[commissionKind]
	Link       = Of[linkKind]
	Payout     = Of[payoutKind]
	Room       = Of[roomKind]
	Message    = Of[messageKind]
	Pin        = Of[pinKind]
	Recording  = Of[recordingKind]
	Video      = Of[videoKind]
	Event      = Of[eventKind]
	Job        = Of[jobKind]
	Slice      = Of[sliceKind]
	Coupon     = Of[couponKind]
	Claim      = Of[claimKind]
	Deal       = Of[dealKind]
	Auction    = Of[auctionKind]
	Bid        = Of[bidKind]
	Bag        = Of[bagKind]
	Notice     = Of[noticeKind]
	Word       = Of[wordKind]
	Restream   = Of[restreamKind]
	Show       = Of[showKind]
	Audit      = Of[auditKind]
	Invitation = Of[invitationKind]
	MailCode   = Of[mailCodeKind]
)
