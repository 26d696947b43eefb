package demo

import (
	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
)

// pumps: names that no list knows are settled once, and count from then on.
func pumps(y *year) error {
	p := y.people
	for _, a := range []struct {
		who            *Person
		answer, reason string
		texts          []string
	}{
		{p.ana, "yes", "the 8015 is the PC unit of the Alaris system; the label on the back says so", []string{"Alaris Point-of-Care Unit 8015", "ICSMA-20-170-06"}},
		{p.ana, "yes", "the same unit under the name that purchasing typed", []string{"ALARIS PCU 8015", "ICSMA-20-170-06"}},
		{p.ana, "no", "looked at five of them: 12.1.2 came after the list in the advisory", []string{"ICSMA-20-170-06 gives the versions", "\"12.1.2\""}},
		{p.tomas, "yes", "it was below 9.33.1 when we asked the maker", []string{"ICSMA-20-317-01 gives the versions", "Is version \"9.33\""}},
	} {
		if err := y.answer(a.who, a.answer, a.reason, a.texts...); err != nil {
			return err
		}
	}
	return nil
}

// infusionMeeting: the first proposals become risks, one is dismissed.
func infusionMeeting(y *year) error {
	p := y.people
	c := y.of(wardbook.RiskProposed, "8015", "stopped or slowed", "ICSMA-20-170-06").
		confirm(p.ana, "").
		assign(p.ana, p.ana).
		say(p.tomas, "The pumps share the Wi-Fi with 200 other things. I can give them a network of their own by spring.").
		treat(p.ana, "A network of its own for the pumps; the maker's update when it can be had.", wardbook.Protective, wardbook.Inherent).
		due(p.ana, 60, "the firewall is ordered for spring").
		move(p.ana, "", wardbook.RiskToControl, wardbook.RiskControlling).
		work(p.ana, "Set the pump to the new network and see that the drug library still comes through.", 250)
	if c.err != nil {
		return c.err
	}
	if err := y.later(p.tomas, 60, "none of the units has the wireless battery as far as we know; I ask the wards", "ICSMA-23-103-01"); err != nil {
		return err
	}
	return y.of(wardbook.RiskProposed, "Possibly", "can give out data").
		dismiss(p.tomas, "These units are not on the network: their radio was never fitted. The cabinet list of Ana shows it.").err
}

// infusiaStory: a risk is accepted for half a year, because the update comes;
// the end of the acceptance is what opens it again.
func infusiaStory(y *year) error {
	p := y.people
	return y.of(wardbook.RiskProposed, "INFUSIA", "openssl").
		values(p.ana, "",
			value(wardbook.Safety, 3, 2, "The pump goes on with the programmed rate when its network part stops: tried with the maker's engineer on the bench."),
			value(wardbook.Effectiveness, 3, 2, "Drug libraries are loaded once a year, by cable."),
			value(wardbook.Security, 3, 2, "Reached only from the clinical network.")).
		assign(p.ana, p.ana).
		accept(p.miriam, 322, "Acceptable until the update is on all pumps. The maker promised it within the year.").err
}

func value(k wardbook.KeyProperty, severity, likelihood int, why string) app.Value {
	return app.Value{Key: k, Severity: severity, Likelihood: likelihood, Rationale: why}
}

// monitors names the risk that two people see otherwise.
var monitors = []string{" L.01.02", "stopped or slowed", "ICSMA-20-254-01"}

// disagreement: for information security a monitor is a computer that restarts,
// for clinical engineering it is an alarm that nobody hears. Both are written
// down, and the value that stands has its reason.
func disagreement(y *year) error {
	p := y.people
	return y.of(wardbook.RiskProposed, monitors...).
		say(p.tomas, "Severity 5 for safety is too high. The monitor restarts within a minute, and the advisory says that one has to be in the monitoring network already. I would say 3.").
		say(p.ana, "A minute without an alarm in the recovery room is a long time, and the bed has no second monitor. It stays at 5 for me as long as the central station is the only one that alarms.").
		values(p.tomas, "",
			value(wardbook.Safety, 3, 3, "Restart within a minute, measured on two units; the alarm sounds at the bedside as well."),
			value(wardbook.Security, 3, 3, "Only from the monitoring network.")).
		say(p.ana, "I do not agree, see above: the measurement was made with an empty bed. It goes to Dr. Okafor as it is, with both opinions.").
		assign(p.ana, p.tomas).
		treat(p.tomas, "Filter between monitoring network and the rest; local alarms first.", wardbook.Protective, wardbook.Inherent).
		due(p.tomas, 60, "the filter needs no new hardware").
		move(p.tomas, "", wardbook.RiskToControl, wardbook.RiskControlling).err
}

// rejection: the medical director does not accept what remains.
func rejection(y *year) error {
	p := y.people
	return y.of(wardbook.RiskControlling, monitors...).
		move(p.tomas, "the filter is in place since Tuesday; seen in the log of the firewall", wardbook.RiskControlled).
		keep(p.tomas, "the proposal does not know of the filter").
		values(p.tomas, "what remains behind the filter", value(wardbook.Safety, 3, 4, "The filter keeps others out; the monitors still restart by themselves now and then.")).
		move(p.tomas, "", wardbook.RiskResidualEvaluated).
		move(p.tomas, "The monitors cannot be taken away; without them there is no monitoring in Recovery.", wardbook.RiskBenefitRisk).
		move(p.miriam, "Rejected. Ana is right about the alarm: nobody tried it with a patient's leads and a busy station. Try that first, and set the local alarm on all monitors of the ward.", wardbook.RiskRejected).
		move(p.ana, "", wardbook.RiskToControl).
		assign(p.ana, p.ana).
		due(p.ana, 75, "one ward a week").
		move(p.ana, "", wardbook.RiskControlling).err
}

// benefit: the local alarm was tried and set; what remains is accepted because
// the benefit is greater.
func benefit(y *year) error {
	p := y.people
	return y.of(wardbook.RiskControlling, monitors...).
		say(p.ana, "Local alarm set on all of them. Tried on a Thursday evening in Recovery with Jon Bell: heard at the door of the room, four seconds after the lead was off.").
		move(p.ana, "all wards done", wardbook.RiskControlled).
		keep(p.ana, "the proposal does not know of the filter and the local alarm").
		values(p.ana, "", value(wardbook.Safety, 4, 3, "Heard within four seconds, but a lost alarm can still be missed at night: 4, between the two of us. Tomas agrees.")).
		say(p.tomas, "Agreed.").
		move(p.ana, "", wardbook.RiskResidualEvaluated).
		move(p.ana, "Without the monitors Recovery would close; patients would be watched by eye.", wardbook.RiskBenefitRisk).
		keep(p.ana, "the proposal does not know of the filter and the local alarm").
		accept(p.miriam, 365, "The benefit is greater: continuous monitoring in Recovery against a rare restart that is heard at the bedside. Looked at again when the new revision is on all of them.").err
}

// imagingMeeting: a risk is handed to the maker under contract, one is closed
// with its device, some are confirmed.
func imagingMeeting(y *year) error {
	p := y.people
	c := y.of(wardbook.RiskProposed, "RadiView PACS", "stdlib", "stopped or slowed").
		confirm(p.tomas, "").
		say(p.tomas, "The archive is operated by the maker. Section 7 of the contract: security updates within 30 days.").
		move(p.miriam, "The maker operates the archive and has signed for its updates (contract of Radiology, section 7). We look at it every half year.", wardbook.RiskTransferred)
	if c.err != nil {
		return c.err
	}
	c = y.of(wardbook.RiskProposed, "Analyta 300", "pillow").
		values(p.ana, "",
			value(wardbook.Effectiveness, 2, 3, "The laboratory has a second analyser of another maker."),
			value(wardbook.Security, 2, 3, "It has no network but the laboratory's own.")).
		assign(p.ana, p.ana).
		accept(p.miriam, 150, "Acceptable while the second analyser is there.")
	return c.err
}

// secondLook: an answer was too quick.
func secondLook(y *year) error {
	p := y.people
	return y.takeBack(p.tomas, "The maker's mail was about 9.33.1, not about ours. I asked again.", "ICSMA-20-317-01 gives the versions", "Is version \"9.33\"")
}

// centralStation: what the whole ward looks at has components that are
// exploited elsewhere.
func centralStation(y *year) error {
	p := y.people
	c := y.of(wardbook.RiskProposed, "CareView Central", "log4j").
		confirm(p.tomas, "").
		assign(p.tomas, p.tomas).
		treat(p.tomas, "The maker's hotfix this week; until then no way from the office network to the station.", wardbook.Inherent, wardbook.Protective).
		due(p.tomas, 14, "top priority").
		move(p.tomas, "", wardbook.RiskToControl, wardbook.RiskControlling)
	return c.err
}

// decisions: what the maker says of its product can be otherwise here.
func decisions(y *year) error {
	p := y.people
	for _, d := range []wardbook.Decision{
		{Vulnerabilities: []string{"CVE-2022-2119"}, Subjects: []wardbook.StatementSubject{{Vendor: "Sampleworks Imaging", Name: "MobiRay 2"}}, Status: wardbook.NotAffected, Justification: wardbook.VulnerableCodeNotInPath,
			Configuration: "the DICOM listener is off; images are pushed", Reason: "Looked at all ten units: the listener is switched off and locked in the service menu."},
		{Vulnerabilities: []string{"CVE-2020-1472"}, Subjects: []wardbook.StatementSubject{{Vendor: "Nordic Sample Care", Name: "CareView Central"}}, Status: wardbook.NotAffected, Justification: wardbook.VulnerableCodeNotInPath,
			Configuration: "the servers are no domain controllers", Reason: "Zerologon is about domain controllers; these servers are members only."},
	} {
		y.clock.pass(15)
		if _, err := app.Decide(y.ctx, y.store, y.org, p.tomas.id, d); err != nil {
			return err
		}
	}
	return nil
}

// decisionWithdrawn: one of the ten units was not like the others.
func decisionWithdrawn(y *year) error {
	p := y.people
	return y.undecide(p.ana, "CVE-2022-2119", "Unit 7 came back from service with the listener on. We cannot rely on it.")
}

// eighthMonth: what nobody has looked at yet is gone through.
func eighthMonth(y *year) error {
	p := y.people
	for range 3 {
		c := y.of(wardbook.RiskProposed, "Possibly", "ICSMA-18-156-01").
			dismiss(p.ana, "Physical access and the service password: these monitors stand in locked rooms of a unit that is staffed day and night.")
		if c.err != nil {
			return c.err
		}
	}
	return nil
}

// pumpsMoved: three wards are moved to the new network.
func pumpsMoved(y *year) error {
	return y.of(wardbook.RiskControlling, "8015", "ICSMA-20-170-06").worked(y.people.ana, 3, wardbook.WorkToDo, wardbook.WorkDone).err
}

// pumpsDone: the network of the pumps is there.
func pumpsDone(y *year) error {
	p := y.people
	return y.of(wardbook.RiskControlling, "8015", "ICSMA-20-170-06").
		worked(p.ana, 0, wardbook.WorkToDo, wardbook.WorkDone).
		worked(p.tomas, 0, wardbook.WorkDone, wardbook.WorkVerified).
		move(p.ana, "the pumps are in their own network since the weekend", wardbook.RiskControlled).
		keep(p.ana, "the proposal does not know of the new network").
		values(p.ana, "",
			value(wardbook.Safety, 4, 2, "Reached from nowhere but the drug library server."),
			value(wardbook.Effectiveness, 3, 2, "The drug library still comes through."),
			value(wardbook.Security, 3, 2, "The segment holds pumps and their server only.")).
		move(p.ana, "", wardbook.RiskResidualEvaluated).
		say(p.ana, "Ready for Dr. Okafor.").err
}

// exploited: what KEV names cannot wait.
func exploited(y *year) error {
	p := y.people
	c := y.of(wardbook.RiskControlling, "CareView Central", "log4j").
		say(p.tomas, "It stands in the catalogue of known exploited vulnerabilities. The hotfix failed on one station; the maker sends somebody.").
		due(p.tomas, 30, "the maker's visit is fixed")
	return c.err
}

// lastMeeting: the year ends as it began, with work to do.
func lastMeeting(y *year) error {
	p := y.people
	c := y.of(wardbook.RiskReopened, "INFUSIA", "openssl").
		say(p.ana, "The acceptance has ended. 67 pumps still have the old release, so we have to say anew what it means.")
	if c.err != nil {
		return c.err
	}
	c = y.of(wardbook.RiskReopened, "Analyta 300", "pillow").
		values(p.ana, "nothing has changed in the laboratory; the second analyser is there").
		move(p.ana, "", wardbook.RiskAnalysed, wardbook.RiskEvaluated).
		accept(p.miriam, 180, "As before.")
	return c.err
}
