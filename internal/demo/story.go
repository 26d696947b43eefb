package demo

// Who brings documents.
func ana(s staff) *Person   { return s.ana }
func tomas(s staff) *Person { return s.tomas }

// story is what happens, in its order. Days count from the first one. What goes
// wrong in it, goes wrong in hospitals: an export with a filter on, an answer
// that was too quick, two people who see the same risk otherwise, an acceptance
// that runs out while nobody looks.
var story = []step{
	{1, 8, 40, "the first inventory", func(y *year) error {
		return y.export(y.people.ana, 0, "the first export of the equipment database", nil)
	}},
	{1, 10, 15, "the list of Radiology", bring(ana, "Radiology keeps a list of its own", "inventory/imaging.xlsx")},
	{6, 9, 5, "advisories about infusion", bring(tomas, "what CISA published about infusion devices, as far as it goes back",
		"advisories/icsma-17-017-01.json", "advisories/icsma-17-250-02a.json", "advisories/icsma-20-170-06.json", "advisories/icsma-20-296-02.json", "advisories/icsma-20-317-01.json",
		"advisories/icsma-22-251-01.json", "advisories/icsma-22-335-01.json", "advisories/icsma-23-047-01.json", "advisories/icsma-23-103-01.json", "advisories/icsma-23-194-01.json")},
	{8, 13, 30, "which pumps are they", pumps},
	{13, 9, 0, "what the first risks are", infusionMeeting},
	{20, 8, 50, "SBOMs of syringe pump and ventilator", bring(ana, "the maker sent them with the service contract", "sbom/infusia-500-*", "sbom/ventacare-7-*")},
	{22, 15, 10, "vulnerability data", bring(tomas, "records for the packages in the SBOMs", "vulns")},
	{29, 9, 20, "the pump that talks to everybody", infusiaStory},
	{34, 8, 35, "monthly export", export(1, "monthly export")},
	{40, 9, 10, "advisories about monitors", bring(tomas, "patient monitors and central stations",
		"advisories/icsma-18-156-01.json", "advisories/icsma-19-022-01.json", "advisories/icsma-19-255-01.json", "advisories/icsma-20-023-01.json", "advisories/icsma-20-254-01.json",
		"advisories/icsma-21-322-02.json", "advisories/icsma-24-151-02.json")},
	{43, 14, 0, "two views of a monitor", disagreement},
	{48, 10, 0, "meeting of the second month", func(y *year) error {
		return y.meet(y.people.tomas, y.people.tomas, 6, "monthly meeting: monitors", "ICSMA-20-254-01")
	}},
	{64, 8, 30, "monthly export", export(2, "monthly export")},
	{66, 11, 0, "what the makers say", bring(ana, "VEX of the distributor of the syringe pumps", "vex/infusia-500-distributor*")},
	{71, 9, 0, "advisories about imaging", bring(tomas, "Radiology and Nuclear Medicine",
		"advisories/icsma-17-215-02.json", "advisories/icsma-18-123-01.json", "advisories/icsma-18-312-01.json", "advisories/icsma-19-113-01.json", "advisories/icsma-21-084-01.json", "advisories/icsma-21-313-01.json")},
	{78, 13, 0, "SBOMs of Radiology and the laboratory", bring(ana, "asked for in the last purchase", "sbom/mobiray-2-*", "sbom/radiview-pacs-*", "sbom/analyta-300-*")},
	{83, 10, 20, "imaging and laboratory", imagingMeeting},
	{94, 8, 45, "monthly export", export(3, "monthly export; versions found on the wards")},
	{97, 9, 0, "advisories about medication", bring(tomas, "cabinets and the laboratory robot",
		"advisories/icsma-20-091-01.json", "advisories/icsma-22-062-01.json", "advisories/icsma-22-062-02.json", "advisories/icsma-22-151-01.json")},
	{104, 9, 30, "an answer taken back", secondLook},
	{112, 14, 0, "the monitors again", rejection},
	{125, 8, 30, "monthly export", export(4, "monthly export; the syringe pumps of Neonatal have the update")},
	{127, 9, 0, "what the makers say", bring(ana, "VEX of the maker: it contradicts its distributor", "vex/infusia-500-maker*")},
	{129, 15, 40, "is the update the remedy", func(y *year) error {
		return y.answer(y.people.ana, "no", "1.6.1 is the release with the remedy", "ICSMA-17-250-02A gives the versions", "\"1.6.1\"")
	}},
	{133, 9, 0, "advisories about anaesthesia, ventilation and dialysis", bring(tomas, "operating rooms, Dialysis, telemetry",
		"advisories/icsma-19-190-01.json", "advisories/icsma-20-170-02.json", "advisories/icsma-20-170-03.json", "advisories/icsma-21-047-01.json", "advisories/icsma-20-049-01.json")},
	{141, 10, 0, "meeting of the fifth month", func(y *year) error {
		return y.meet(y.people.ana, y.people.ana, 5, "monthly meeting: anaesthesia", "ICSMA-19-190-01")
	}},
	{154, 8, 30, "an export with a filter on", wrongExport},
	{155, 8, 10, "the export once more", export(5, "monthly export, without the filter")},
	{163, 9, 0, "SBOMs of central station, cabinet and gateway", bring(ana, "the last ones that were asked for", "sbom/careview-central-*", "sbom/medvault-7-*", "sbom/telebeat-40-*")},
	{168, 10, 0, "the central station", centralStation},
	{185, 8, 30, "monthly export", export(6, "monthly export; the first monitors have the new revision")},
	{189, 11, 20, "what the maker says", bring(ana, "VEX of the maker of the central station", "vex/careview-central*")},
	{196, 9, 40, "own decisions", decisions},
	{205, 9, 0, "the monitors are accepted", benefit},
	{215, 8, 30, "monthly export", export(7, "monthly export")},
	{222, 9, 0, "advisories about cardiology and the rest", bring(tomas, "what is left before imaging archives",
		"advisories/icsma-18-058-01.json", "advisories/icsma-18-165-01.json", "advisories/icsma-18-228-01.json", "advisories/icsma-19-029-01.json", "advisories/icsma-19-311-02.json", "advisories/icsma-19-318-01.json",
		"advisories/icsma-20-196-01.json", "advisories/icsma-21-047-01.json", "advisories/icsma-21-161-01.json", "advisories/icsma-21-273-01.json", "advisories/icsma-22-167-01.json")},
	{230, 10, 0, "meeting of the eighth month", eighthMonth},
	{246, 8, 30, "monthly export", export(8, "monthly export; syringe pumps were updated")},
	{259, 9, 50, "a decision withdrawn", decisionWithdrawn},
	{276, 8, 30, "monthly export", export(9, "monthly export")},
	{281, 11, 0, "what the maker says", bring(ana, "VEX of the archive", "vex/radiview-pacs*")},
	{290, 10, 0, "done with pumps", pumpsDone},
	{307, 8, 30, "monthly export", export(10, "monthly export; ventilators were updated")},
	{311, 9, 0, "known to be exploited", bring(tomas, "the catalogue of CISA; from now on every month", "kev.json")},
	{312, 9, 30, "and how likely", bring(tomas, "EPSS of the same week", "epss.csv")},
	{318, 10, 0, "what KEV changed", exploited},
	{337, 8, 30, "monthly export", export(11, "monthly export")},
	{351, 9, 10, "advisories of the logistics", bring(tomas, "the tube system is network equipment after all", "advisories/icsma-21-215-01.json")},
	{358, 14, 30, "the last meeting", lastMeeting},
	{362, 8, 30, "monthly export", export(12, "monthly export")},
	{364, 9, 15, "the newest advisory", bring(tomas, "the imaging archive", "advisories/icsma-24-200-01.json")},
}
