package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
)

func mustLoad(t testing.TB) *Catalog {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Makers and product names of real medical advisories, each with the class
// that it has to be told as. Empty: nothing tells it, which is a question.
var namedProducts = []struct{ class, maker, model string }{
	{"implant_cardiac", "Abbott Laboratories", "Accent MRI"},
	{"implant_cardiac", "Abbott Laboratories", "Accent/Anthem"},
	{"implant_cardiac", "Abbott Laboratories", "Assurity MRI"},
	{"implant_cardiac", "Abbott Laboratories", "Assurity/Allure"},
	{"pump_lvp", "B. Braun Medical", "Battery pack with Wi-Fi"},
	{"pump_lvp", "B. Braun Medical", "Data module compactplus"},
	{"pump_lvp", "B. Braun Medical", "SpaceCom"},
	{"pump_lvp", "B. Braun Melsungen AG", "Battery pack SP with WIFI"},
	{"pump_lvp", "B. Braun", "SpaceStation (part number 8713140U) with installed SpaceCom module (part number 8713160U)"},
	{"pump_lvp", "B. Braun", "SpaceStation with SpaceCom module (integrated as part number 8713142U)"},
	{"home_monitor", "BIOTRONIK", "CardioMessenger II-S GSM T4APP"},
	{"home_monitor", "BIOTRONIK", "CardioMessenger II-S T-Line T4APP"},
	{"cpap", "BMC Medical, 3B Medical", "Luna CPAP Machine"},
	{"ecg", "BPL Medical Technologies", "Be Well Android Application"},
	{"ecg", "BPL Medical Technologies", "PWS-01-BT"},
	{"pump_lvp", "Baxter", "Baxter Spectrum IQ LVP"},
	{"pump_lvp", "Baxter", "Baxter Spectrum IQ"},
	{"dialysis", "Baxter", "Phoenix Hemodialysis Delivery System"},
	{"dialysis", "Baxter", "PrisMax"},
	{"dialysis", "Baxter", "PrismaFlex"},
	{"pump_lvp", "Baxter", "Sigma Spectrum LVP"},
	{"pump_lvp", "Baxter", "Sigma Spectrum"},
	{"monitor_patient", "Baxter", "Welch Allyn Connex Spot Monitor (CSM)"},
	{"medical_gas", "BeaconMedaes", "TotalAlert Scroll Medical Air Systems"},
	{"pump_lvp", "Becton, Dickinson and Company (BD)", "Alaris 8000 PC unit"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "Alaris Infusion Central software"},
	{"pump_lvp", "Becton, Dickinson and Company (BD)", "Alaris PC Unit Model 8015"},
	{"pump_lvp", "Becton, Dickinson and Company (BD)", "Alaris PC Unit"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "Alaris Systems Manager"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "BD Alaris Guardrails Editor"},
	{"pump_lvp", "Becton, Dickinson and Company (BD)", "BD Alaris Point-of-Care Unit (PCU) Model 8015"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "BD Alaris Systems Manager"},
	{"cell_sorter", "Becton, Dickinson and Company (BD)", "BD FACSChorus (HP Z2 G5 workstation, shipped with FACSMelody Cell Sorter)"},
	{"cell_sorter", "Becton, Dickinson and Company (BD)", "BD FACSChorus (HP Z2 G9 workstation, shipped with FACSDiscover S8 Cell Sorter)"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Anesthesia ES"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Anesthesia Station 4000"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Anesthesia Station ES"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Anesthesia System 3500"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Anesthesia System 4000"},
	{"pharmacy_robot", "Becton, Dickinson and Company (BD)", "BD Pyxis CATO"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis CIISafe - Workstation"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis CIISafe"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis ES Anesthesia Station"},
	{"pharmacy_robot", "Becton, Dickinson and Company (BD)", "BD Pyxis IV Prep"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Inventory Connect"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis JITrBUD"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis KanBan RF"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Logistics"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Med Link Family"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis MedBank"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis MedStation 4000 T2"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis MedStation 4000"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis MedStation ES Server"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis MedStation ES"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis PARx"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis ParAssist System"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis ParAssist"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Parx handheld"},
	{"pharmacy_robot", "Becton, Dickinson and Company (BD)", "BD Pyxis PharmoPack"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis ProcedureStation (including EC)"},
	{"pharmacy_robot", "Becton, Dickinson and Company (BD)", "BD Pyxis Rapid Rx"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis StockStation System"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis StockStation"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis SupplyCenter"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis SupplyRoller"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis SupplyStation (including RF, EC, CP)"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis SupplyStation EC"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis SupplyStation RF auxiliary"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis SupplyStation"},
	{"supply_cabinet", "Becton, Dickinson and Company (BD)", "BD Pyxis Track and Deliver"},
	{"pharmacy_robot", "Becton, Dickinson and Company (BD)", "BD Rowa Pouch Packaging Systems"},
	{"lab_analyser", "Becton, Dickinson and Company (BD)", "BD Totalys MultiProcessor"},
	{"lab_analyser", "Becton, Dickinson and Company (BD)", "BD Viper LT system"},
	{"pump_pca", "Becton, Dickinson and Company (BD)", "BodyGuard Pumps"},
	{"pump_pca", "Becton, Dickinson and Company (BD)", "CME BodyGuard 323 Color Vision"},
	{"pump_pca", "Becton, Dickinson and Company (BD)", "CME BodyGuard 323"},
	{"pump_pca", "Becton, Dickinson and Company (BD)", "CME BodyGuard Twins"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "CQI Reporter"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "Calculation Services"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "KLA Journal Service"},
	{"infusion_management", "Becton, Dickinson and Company (BD)", "PerformA"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "Pyxis Anesthesia (PAS) ES System"},
	{"medication_cabinet", "Becton, Dickinson and Company (BD)", "Pyxis MedStation ES System"},
	{"implant_programmer", "Boston Scientific", "ZOOM LATITUDE Programmer/Recorder/Monitor (PRM) - Model 3120"},
	{"implant_programmer", "Boston Scientific", "ZOOM LATITUDE Programmer/Recorder/Monitor (PRM) Model"},
	{"gateway", "Capsule Technologies", "Capsule Technologies SmartLinx Neuron 2"},
	{"ris", "Carestream", "RIS Client Builds"},
	{"cardiology_system", "Change Healthcare", "Change Healthcare Cardiology"},
	{"cardiology_system", "Change Healthcare", "Horizon Cardiology"},
	{"cardiology_system", "Change Healthcare", "McKesson Cardiology"},
	{"ris", "Change Healthcare", "PeerVue Web Server"},
	{"monitor_patient", "Dräger", "Delta XL"},
	{"monitor_patient", "Dräger", "Infinity Delta"},
	{"central_station", "Dräger", "Infinity Explorer C700"},
	{"monitor_patient", "Dräger", "Kappa"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "Advanced Networking Technology (ANT)"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "INTEGRITY RTOS"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "Ipnet TCP/IP Stack"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "OSE"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "VxWorks bootrom network stack"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "VxWorks under CURRENT support (6.9.4.11, Vx7 SR540, Vx7 SR610)"},
	{"os_component", "ENEA, Green Hills Software, ITRON, IP Infusion, and Wind River", "VxWorks"},
	{"xray", "Fujifilm", "FCR Capsula X"},
	{"xray", "Fujifilm", "FCR Carbon X"},
	{"xray", "Fujifilm", "FCR XC-2"},
	{"telemetry", "General Electric (GE)", "ApexPro Telemetry Server"},
	{"monitor_patient", "General Electric (GE)", "B450"},
	{"monitor_patient", "General Electric (GE)", "B650"},
	{"monitor_patient", "General Electric (GE)", "B850"},
	{"central_station", "General Electric (GE)", "CARESCAPE Central Station (CSCS)"},
	{"telemetry", "General Electric (GE)", "CARESCAPE Telemetry Server"},
	{"central_station", "General Electric (GE)", "Clinical Information Center (CIC)"},
	{"anaesthesia_workstation", "General Electric (GE)", "GE Aespire"},
	{"anaesthesia_workstation", "General Electric (GE)", "GE Aestiva"},
	{"anaesthesia_workstation", "General Electric (GE)", "GE Aisys"},
	{"anaesthesia_workstation", "General Electric (GE)", "GE Carestation"},
	{"ventilator", "Hamilton Medical AG", "T1 Ventilator"},
	{"ecg", "Hillrom and ELI, Baxter International Inc.", "Welch Allyn ELI 150c/BUR 150c/MLBUR 150c Resting Electrocardiograph"},
	{"ecg", "Hillrom and ELI, Baxter International Inc.", "Welch Allyn ELI 250c/BUR 250c Resting Electrocardiograph"},
	{"ecg", "Hillrom and ELI, Baxter International Inc.", "Welch Allyn ELI 280/BUR280/MLBUR 280 Resting Electrocardiograph"},
	{"ecg", "Hillrom and ELI, Baxter International Inc.", "Welch Allyn ELI 380 Resting Electrocardiograph"},
	{"cardiology_system", "Hillrom", "Welch Allyn Connex Cardio"},
	{"cardiology_system", "Hillrom", "Welch Allyn Diagnostic Cardiology Suite"},
	{"ecg_holter", "Hillrom", "Welch Allyn H-Scribe Holter Analysis System"},
	{"ecg_stress", "Hillrom", "Welch Allyn Q-Stress Cardiac Stress Testing System"},
	{"ecg", "Hillrom", "Welch Allyn R-Scribe Resting ECG System"},
	{"ecg_holter", "Hillrom", "Welch Allyn Vision Express"},
	{"ecg_stress", "Hillrom", "Welch Allyn X-Scribe Cardiac Stress Testing System"},
	{"sequencer", "Illumina", "MiSeq Control Software"},
	{"sequencer", "Illumina", "MiSeqDx Operating Software"},
	{"sequencer", "Illumina", "MiniSeq Control Software"},
	{"sequencer", "Illumina", "NextSeq 1000/2000 Control Software"},
	{"sequencer", "Illumina", "NextSeq 500/550 Control Software"},
	{"sequencer", "Illumina", "NextSeq 550Dx Control Software"},
	{"sequencer", "Illumina", "NextSeq 550Dx Operating Software"},
	{"sequencer", "Illumina", "NovaSeq 6000 Control Software"},
	{"sequencer", "Illumina", "NovaSeq Control Software"},
	{"sequencer", "Illumina", "iScan Control Software"},
	{"sequencer", "Illumina", "iSeq 100"},
	{"monitor_patient", "Innokas YhtymÃ¤ Oy", "VC150"},
	{"pump_insulin", "Insulet", "Omnipod Insulin Management System"},
	{"patient_portal", "LifePoint Informatics", "Patient Portal"},
	{"implant_programmer", "Medtronic", "8840 N'Vision Clinician Programmer"},
	{"implant_programmer", "Medtronic", "8870 N'Vision removable Application Card"},
	{"implant_programmer", "Medtronic", "2090 CareLink Programmer"},
	{"home_monitor", "Medtronic", "24950 MyCareLink Monitor"},
	{"home_monitor", "Medtronic", "24952 MyCareLink Monitor"},
	{"implant_programmer", "Medtronic", "29901 Encore Programmer"},
	{"implant_cardiac", "Medtronic", "Amplia CRT-D"},
	{"implant_cardiac", "Medtronic", "Brava CRT-D"},
	{"implant_programmer", "Medtronic", "CareLink 2090 Programmer"},
	{"home_monitor", "Medtronic", "CareLink Monitor"},
	{"implant_cardiac", "Medtronic", "Claria CRT-D"},
	{"implant_cardiac", "Medtronic", "Compia CRT-D"},
	{"implant_cardiac", "Medtronic", "Concerto CRT-D"},
	{"implant_cardiac", "Medtronic", "Concerto II CRT-D"},
	{"implant_cardiac", "Medtronic", "Consulta CRT-D"},
	{"implant_cardiac", "Medtronic", "Evera ICD"},
	{"pump_insulin", "Medtronic", "MMT-500 Remote Controller"},
	{"pump_insulin", "Medtronic", "MMT-503 Remote Controller"},
	{"implant_cardiac", "Medtronic", "Maximo II CRT-D and ICD"},
	{"pump_insulin", "Medtronic", "MiniMed 508 pump"},
	{"pump_insulin", "Medtronic", "MiniMed 620G"},
	{"pump_insulin", "Medtronic", "MiniMed 630G"},
	{"pump_insulin", "Medtronic", "MiniMed 640G"},
	{"pump_insulin", "Medtronic", "MiniMed 670G"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 511 pump"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 512/712 pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 515/715 pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 522/722 pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 522K/722K pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 523/723 pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 523K/723K pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm 712E pump"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm Veo 554/754 pumps"},
	{"pump_insulin", "Medtronic", "MiniMed Paradigm Veo 554CM and 754CM models only"},
	{"implant_cardiac", "Medtronic", "Mirro ICD"},
	{"implant_cardiac", "Medtronic", "Mirro MRI ICD"},
	{"home_monitor", "Medtronic", "MyCareLink Monitor"},
	{"implant_cardiac", "Medtronic", "Nayamed ND ICD"},
	{"implant_cardiac", "Medtronic", "Primo ICD"},
	{"implant_cardiac", "Medtronic", "Protecta ICD and CRT-D"},
	{"implant_cardiac", "Medtronic", "Secura ICD"},
	{"home_monitor", "Medtronic", "Smart Model 25000 Patient Reader"},
	{"electrosurgery", "Medtronic", "Valleylab Exchange Client"},
	{"electrosurgery", "Medtronic", "Valleylab FT10 Energy Platform (VLFT10GEN) software"},
	{"electrosurgery", "Medtronic", "Valleylab FX8 Energy Platform (VLFX8GEN) software"},
	{"implant_cardiac", "Medtronic", "Virtuoso ICD"},
	{"implant_cardiac", "Medtronic", "Virtuoso II ICD"},
	{"implant_cardiac", "Medtronic", "Visia AF ICD"},
	{"implant_cardiac", "Medtronic", "Viva CRT-D"},
	{"dicom_viewer", "MicroDicom", "DICOM Viewer"},
	{"dicom_viewer", "MicroDicom", "MicroDicom DICOM Viewer"},
	{"eeg", "Natus Medical, Inc. (Natus)", "Natus Xltek NeuroWorks"},
	{"dicom_viewer", "OFFIS", "DCMTK"},
	{"emr", "OpenClinic GA", "OpenClinic GA"},
	{"dicom_viewer", "Orthanc", "Osimis WebViewer"},
	{"monitor_fetal", "Philips", "Avalon Fetal/Maternal Monitors FM20/FM30/FM40/FM50"},
	{"ct", "Philips", "Brilliance 64"},
	{"ct", "Philips", "Brilliance CT Big Bore"},
	{"ct", "Philips", "Brilliance iCT"},
	{"pacs", "Philips", "Clinical Collaboration Platform"},
	{"cpap", "Philips", "DreamMapper"},
	{"monitor_patient", "Philips", "Efficia CM Series"},
	{"cpap", "Philips", "EncoreAnywhere APAC"},
	{"remote_support", "Philips", "Engage Software"},
	{"pet_ct", "Philips", "Gemini PET/CT Family"},
	{"gateway", "Philips", "IntelliBridge EC40 Hub"},
	{"gateway", "Philips", "IntelliBridge EC80 Hub"},
	{"gateway", "Philips", "IntelliBridge Enterprise (IBE)"},
	{"gateway", "Philips", "IntelliBridge Enterprise system integration with EarlyVue"},
	{"gateway", "Philips", "IntelliBridge Enterprise system integration with IntelliVue Guardian"},
	{"gateway", "Philips", "IntelliBridge Enterprise system integration with SureSigns"},
	{"cardiology_system", "Philips", "IntelliSpace Cardiovascular"},
	{"pacs", "Philips", "IntelliSpace PACS"},
	{"monitor_fetal", "Philips", "IntelliSpace Perinatal"},
	{"monitor_patient", "Philips", "IntelliVue MP monitors MP2/X2 (M8102A/M3002A) WLAN"},
	{"monitor_patient", "Philips", "IntelliVue MP monitors MP20-MP90 (M8001A/2A/3A/4A/5A/7A/8A/10A) WLAN"},
	{"monitor_patient", "Philips", "IntelliVue MP monitors MP5/5SC (M8105A/5AS) WLAN"},
	{"monitor_patient", "Philips", "IntelliVue MP monitors MX800/700/600 ((865240/41/42) WLAN"},
	{"monitor_patient", "Philips", "IntelliVue Patient Monitors MP Series (includingMP2/X2/MP30/MP50/MP70/NP90/MX700/800)"},
	{"monitor_patient", "Philips", "IntelliVue Patient Monitors MX (MX400-550)"},
	{"monitor_patient", "Philips", "IntelliVue X2"},
	{"monitor_patient", "Philips", "IntelliVue X3"},
	{"monitor_patient", "Philips", "IntelliVue patient monitor MP2-MP90"},
	{"monitor_patient", "Philips", "IntelliVue patient monitor MX100"},
	{"monitor_patient", "Philips", "IntelliVue patient monitor MX400-MX850"},
	{"gateway", "Philips", "Interoperability Solution XDS"},
	{"mri", "Philips", "MRI 1.5T"},
	{"mri", "Philips", "MRI 3T"},
	{"ecg", "Philips", "PageWriter TC10 TC20 TC30 TC50 TC70 Cardiographs"},
	{"central_station", "Philips", "Patient Information Center iX (PIC iX)"},
	{"central_station", "Philips", "Patient Information Center iX (PICiX)"},
	{"imaging_workstation", "Philips", "PerformanceBridge Focal Point"},
	{"ultrasound", "Philips", "Philips HDI 4000 Ultrasound Systems"},
	{"patient_portal", "Philips", "Philips HealthSuite Health Android App"},
	{"central_station", "Philips", "Philips IntelliVue Information Center iX"},
	{"emr", "Philips", "Tasy EMR HTML5"},
	{"emr", "Philips", "Tasy EMR"},
	{"patient_portal", "Philips", "Tasy WebPortal"},
	{"", "Philips", "Version"},
	{"pacs", "Philips", "Vue PACS"},
	{"cardiology_system", "Philips", "Xcelera"},
	{"pacs", "Philips", "iSite PACS"},
	{"cardiology_system", "Phillips", "IntelliSpace Cardiovascular"},
	{"imaging_workstation", "Phillips", "IntelliSpace Portal 7.0.x"},
	{"imaging_workstation", "Phillips", "IntelliSpace Portal 8.0.x"},
	{"gateway", "Qualcomm Life", "Allegro RomPager embedded web server"},
	{"pump_insulin", "SOOIL Developments Co, Ltd.", "AnyDana-A"},
	{"pump_insulin", "SOOIL Developments Co, Ltd.", "AnyDana-i"},
	{"pump_insulin", "SOOIL Developments Co, Ltd.", "Dana Diabecare RS"},
	{"dicom_viewer", "Santesoft", "Sante DICOM Viewer Pro"},
	{"imaging_workstation", "Santesoft", "Sante FFT Imaging"},
	{"pet_ct", "Siemens", "Siemens PET/CT Systems Windows 7-Based"},
	{"spect", "Siemens", "Siemens SPECT Systems Windows 7-Based"},
	{"imaging_workstation", "Siemens", "Siemens SPECT Workplaces/Symbia.net Windows 7-Based"},
	{"spect", "Siemens", "Siemens SPECT/CT Systems Windows 7-Based"},
	{"pump_syringe", "Smiths Medical", "Medfusion 4000 Wireless Syringe Infusion Pump"},
	{"pacs", "Softneta", "MedDream PACS"},
	{"anaesthesia_workstation", "Spacelabs", "Arkon (99999)"},
	{"", "Spacelabs", "Windows 2000"},
	{"", "Spacelabs", "Windows 7"},
	{"generic_server", "Spacelabs", "Windows Server 2003 R2"},
	{"generic_server", "Spacelabs", "Windows Server 2003"},
	{"generic_server", "Spacelabs", "Windows Server 2008 R2"},
	{"generic_server", "Spacelabs", "Windows Server 2008"},
	{"", "Spacelabs", "Windows Vista"},
	{"", "Spacelabs", "Windows XP"},
	{"telemetry", "Spacelabs", "Xhibit Telemetry Receiver (XTR) Model number 96280"},
	{"home_monitor", "St. Jude Medical", "Inductive models EX1100 with MerlinOnDemand capability"},
	{"home_monitor", "St. Jude Medical", "Inductive models EX1100"},
	{"home_monitor", "St. Jude Medical", "RF models EX1150"},
	{"bed", "Stryker", "InTouch ICU Bed (enabled with Bed Wireless)"},
	{"bed", "Stryker", "S3 MedSurg Bed (enabled with iBed Wireless)"},
	{"bed", "Stryker", "Secure II MedSurg Bed (enabled with iBed Wireless)"},
	{"pneumatic_tube", "Swisslog Healthcare", "Nexus Control Panel"},
	{"ventilator", "Vyaire Medical", "CareFusion Upgrade Utility used with Windows XP systems"},
	{"patient_portal", "Ypsomed", "Ypsomed mylife App"},
	{"patient_portal", "Ypsomed", "Ypsomed mylife Cloud"},
	{"defibrillator_management", "ZOLL", "Defibrillator Dashboard"},
	{"patient_portal", "i-SENS Inc", "SmartLog Diabetes Management Software"},
}

func TestClassifyNamedProducts(t *testing.T) {
	c := mustLoad(t)
	for _, p := range namedProducts {
		t.Run(p.maker+"/"+p.model, func(t *testing.T) {
			class, why := c.Classify(wardbook.Device{Manufacturer: p.maker, Model: p.model})
			got := ""
			if class != nil {
				got = class.ID
			}
			if got != p.class {
				t.Errorf("class %q, want %q: %s", got, p.class, why)
			}
			if why == "" {
				t.Error("no reason given")
			}
		})
	}
}

func TestClassifyInventoryTypes(t *testing.T) {
	c := mustLoad(t)
	for _, r := range []struct{ name, maker, model, typ, class string }{
		{"general word, precise model", "BD", "ALARIS 8015 PCU", "PUMP", "pump_lvp"},
		{"type of a nomenclature", "Acme", "X1", "Infusion Pumps, General-Purpose", "pump_lvp"},
		{"syringe before general", "Acme", "X1", "Infusion Pumps, Syringe", "pump_syringe"},
		{"patient-controlled", "Acme", "X1", "Infusion Pumps, Patient-Controlled Analgesic; PCA pump", "pump_pca"},
		{"inverted words", "Acme", "X1", "Monitors, Bedside, Physiologic", "monitor_patient"},
		{"monitor alone is a question", "Acme", "X1", "MONITOR", ""},
		{"pump alone is a question", "Acme", "X1", "Pump", ""},
		{"scanner", "Acme", "X1", "Scanning Systems, Computed Tomography", "ct"},
		{"other language", "Acme", "X1", "Beatmungsgerät", "ventilator"},
		{"plural", "Acme", "X1", "DEFIBRILLATORS", "defibrillator"},
		{"model letter only with its maker", "GE Healthcare", "B650", "", "monitor_patient"},
		{"the same letter of another maker", "Acme", "B650", "", ""},
		{"nothing at all", "", "", "", ""},
		{"brand in the type", "", "", "Pyxis", "medication_cabinet"},
		{"model number", "Philips", "", "", ""},
		{"a brand word of another maker", "Acme", "ALLURE", "WHEELCHAIR", ""},
		{"a model number of another maker", "Acme", "3120", "CENTRIFUGE", "lab_analyser"},
		{"a shaker named as an analyser", "Acme", "VIPER", "SHAKER", ""},
		{"the type decides where the model says nothing", "Acme", "WARMA 1", "WARMER, RADIANT", "incubator"},
		{"abbreviations", "Acme", "X1", "PT MON ICU", "monitor_patient"},
		{"printer", "Zebra", "ZD621", "Label printer", "generic_printer"},
	} {
		t.Run(r.name, func(t *testing.T) {
			class, why := c.Classify(wardbook.Device{Manufacturer: r.maker, Model: r.model, Type: r.typ})
			got := ""
			if class != nil {
				got = class.ID
			}
			if got != r.class {
				t.Errorf("class %q, want %q: %s", got, r.class, why)
			}
		})
	}
}

// 100,000 distinct devices take about a third of a second on an idle machine
// (BenchmarkClassify); the bound here finds what does not end.
func TestClassifyIsFast(t *testing.T) {
	c := mustLoad(t)
	start := time.Now()
	const n = 100_000
	for i := range n {
		p := namedProducts[i%len(namedProducts)]
		c.Classify(wardbook.Device{Manufacturer: p.maker, Model: fmt.Sprint(p.model, " ", i), Type: "Device, medical"})
	}
	took := time.Since(start)
	t.Logf("%d devices in %v", n, took)
	if took > 30*time.Second {
		t.Errorf("%d devices took %v", n, took)
	}
}

func BenchmarkClassify(b *testing.B) {
	c := mustLoad(b)
	i := 0
	for b.Loop() {
		p := namedProducts[i%len(namedProducts)]
		c.Classify(wardbook.Device{Manufacturer: p.maker, Model: p.model, Type: "Device, medical"})
		i++
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("Dräger", "Infinity Delta", "Monitor")
	f.Fuzz(func(t *testing.T, maker, model, typ string) {
		mustLoad(t).Classify(wardbook.Device{Manufacturer: maker, Model: model, Type: typ})
	})
}

func TestRiskTables(t *testing.T) {
	c := mustLoad(t)
	if n := len(c.DeviceClasses); n < 45 {
		t.Errorf("%d device classes", n)
	}
	if n := len(c.Hazards); n != 60 {
		t.Errorf("%d hazards, want 60", n)
	}
	if n := len(c.Controls); n < 60 {
		t.Errorf("%d controls", n)
	}
	for _, d := range c.DeviceClasses {
		for im, q := range d.Consequence {
			if len(c.ControlsFor(q.Hazards, im, d.ID)) < 3 {
				t.Errorf("%s: fewer than 3 controls against a loss of %s", d.ID, im)
			}
		}
	}
}
