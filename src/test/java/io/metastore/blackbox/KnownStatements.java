package io.metastore.blackbox;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test that names a statement which is not in the list, a misspelt one for example.
final class KnownStatements implements BeforeEachCallback {

    private static final StatementList LIST = StatementList.fromResources();

    /// All ids that the annotations of a test method name, in order.
    static List<String> idsOf(Method method) {
        return Arrays.stream(method.getAnnotationsByType(Statement.class))
                .flatMap(statement -> Arrays.stream(statement.value()))
                .toList();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        for (String id : idsOf(context.getRequiredTestMethod())) {
            assertTrue(LIST.contains(id), () -> "statement " + id + " is not listed in statements.tsv");
        }
    }
}
