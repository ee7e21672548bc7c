/// Who may do what: users, roles and permissions as the cluster has agreed on them. The state changes on the apply
/// thread alone and is published as an immutable [AuthState]; everybody else asks that.
package io.metastore.auth;
