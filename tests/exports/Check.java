import java.io.FileInputStream;
import java.io.InputStream;

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.VeraPDFFoundry;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Validates PDF files against profiles: java Check.java 3a,ua1 FILE... prints one line per failed rule. */
public class Check {
    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        VeraPDFFoundry foundry = Foundries.defaultInstance();
        boolean sound = true;
        for (int i = 1; i < arguments.length; i++) {
            for (String name : arguments[0].split(",")) {
                PDFAFlavour flavour = PDFAFlavour.byFlavourId(name);
                try (InputStream file = new FileInputStream(arguments[i]);
                        PDFAParser parser = foundry.createParser(file, flavour)) {
                    PDFAValidator validator = foundry.createValidator(flavour, false);
                    ValidationResult result = validator.validate(parser);
                    System.out.println(arguments[i] + " " + name + " " + (result.isCompliant() ? "compliant" : "FAILED"));
                    sound &= result.isCompliant();
                    for (TestAssertion failed : result.getTestAssertions()) {
                        System.out.println("  " + failed.getRuleId().getClause() + "-" + failed.getRuleId().getTestNumber()
                                + " " + failed.getMessage() + " @ " + failed.getLocation().getContext());
                    }
                }
            }
        }
        System.exit(sound ? 0 : 1);
    }
}
