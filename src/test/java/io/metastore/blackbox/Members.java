package io.metastore.blackbox;

import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/// Gives test methods what they name as parameters: a [Member], its [Client], or [Keys] that no other test
/// uses. One member serves the whole run, except where [OwnMember] asks for another.
final class Members implements ParameterResolver {

    private static final Namespace NAMESPACE = Namespace.create(Members.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Member.class || type == Client.class || type == Keys.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (type == Keys.class) {
            return context.getStore(NAMESPACE).computeIfAbsent(Keys.class, key -> Keys.fresh(), Keys.class);
        }
        Member member = member(context);
        return type == Member.class ? member : member.client();
    }

    private static Member member(ExtensionContext context) {
        for (Optional<ExtensionContext> at = context.getParent(), inner = Optional.of(context);
                inner.isPresent();
                inner = at, at = at.flatMap(ExtensionContext::getParent)) {
            ExtensionContext candidate = inner.get();
            Optional<OwnMember> own = candidate.getElement().map(element -> element.getAnnotation(OwnMember.class));
            boolean sameElementAbove = at.flatMap(ExtensionContext::getElement).equals(candidate.getElement());
            if (own.isPresent() && !sameElementAbove) {
                return ownMember(candidate, own.get());
            }
        }
        return context.getRoot().getStore(NAMESPACE).computeIfAbsent(Member.class, key -> Member.start(), Member.class);
    }

    private static Member ownMember(ExtensionContext context, OwnMember wanted) {
        return context.getStore(NAMESPACE)
                .computeIfAbsent(
                        Member.class.getName() + context.getUniqueId(),
                        key -> Member.startOwn(wanted.value()),
                        Member.class);
    }
}
