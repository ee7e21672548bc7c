package io.metastore.architecture;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A Java source as far as tidiness needs it: lines, braces outside of text and comments, and what stands before them.
final class SourceFile {
    private static final Pattern STATEMENT =
            Pattern.compile("^(if|for|while|switch|catch|try|synchronized|else|do|return|throw|case|default|yield)\\b.*");
    private static final Pattern METHOD =
            Pattern.compile(".*\\w\\s*\\([^=]*\\)\\s*(throws\\s[\\w\\s.,]+)?$", Pattern.DOTALL);
    private static final Pattern TYPE =
            Pattern.compile("(^|\\s)(class|interface|record|enum|@interface)\\s+\\w+", Pattern.DOTALL);
    private static final Pattern PUBLIC_TYPE = Pattern.compile(
            "^\\s*public\\s+((abstract|final|sealed|non-sealed|static|strictfp)\\s+)*(class|interface|record|enum|@interface)\\s+(\\w+)");
    private static final Pattern TEXT = Pattern.compile(
            "\"\"\".*?\"\"\"|\"(\\\\.|[^\"\\\\])*\"|'(\\\\.|[^'\\\\])+'|//[^\n]*|/\\*.*?\\*/", Pattern.DOTALL);

    private final String text;

    SourceFile(String text) {
        this.text = text;
    }

    long lines() {
        return text.lines().count();
    }

    /// @param lines from its first line to its closing brace
    record Method(String header, int lines) {}

    private record Open(String header, int line) {}

    List<Method> methods() {
        String code = TEXT.matcher(text).replaceAll(found -> "\n".repeat((int) found.group().chars().filter(c -> c == '\n').count()));
        List<Method> methods = new ArrayList<>();
        Deque<Open> open = new ArrayDeque<>();
        StringBuilder header = new StringBuilder();
        int line = 1;
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            line += c == '\n' ? 1 : 0;
            switch (c) {
                case '{' -> {
                    String before = header.toString().strip();
                    open.push(new Open(before, line - (int) before.lines().count() + 1));
                    header.setLength(0);
                }
                case '}' -> {
                    Open block = open.pop();
                    if (isMethod(block.header())) {
                        methods.add(new Method(block.header().replaceAll("\\s+", " "), line - block.line() + 1));
                    }
                    header.setLength(0);
                }
                case ';' -> header.setLength(0);
                default -> header.append(c);
            }
        }
        return methods;
    }

    private static boolean isMethod(String header) {
        return !header.contains("->")
                && !header.contains(" new ")
                && !STATEMENT.matcher(header).find()
                && !TYPE.matcher(header).find()
                && METHOD.matcher(header).matches();
    }

    /// Names of public types that no doc comment stands before.
    List<String> undocumented() {
        List<String> lines = text.lines().toList();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher type = PUBLIC_TYPE.matcher(lines.get(i));
            if (type.find()) {
                int before = i - 1;
                while (before >= 0 && isAnnotation(lines.get(before))) {
                    before--;
                }
                String comment = before < 0 ? "" : lines.get(before).strip();
                if (!comment.startsWith("///") && !comment.endsWith("*/")) {
                    names.add(type.group(4));
                }
            }
        }
        return names;
    }

    private static boolean isAnnotation(String line) {
        String code = line.strip();
        return code.startsWith("@") || code.endsWith("})") || code.endsWith("\",") || code.endsWith("\")");
    }
}
