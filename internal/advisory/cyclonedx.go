package advisory

type bomDocument struct{ obj }

func (d *decoder) cycloneDXJSON(b []byte) error { return nil }
func (d *decoder) cycloneDXXML(b []byte) error  { return nil }
